import Disk
import Support
import Testing

/// The disk under SQLite itself.
@Suite struct DiskTests {
    private static let settings = ["journal_mode = WAL", "synchronous = FULL"]
    private static let table = "CREATE TABLE t (number INTEGER PRIMARY KEY, pad TEXT)"

    private func insert(_ number: Int) -> String {
        "INSERT INTO t VALUES (\(number), hex(zeroblob(\(100 + number % 1000))))"
    }

    private func stored(_ disk: SimulatedDisk, _ settings: [String] = Self.settings) throws
        -> [Int64]
    {
        try PlainDatabase(disk, settings: settings).numbers("SELECT number FROM t ORDER BY number")
    }

    @Test(arguments: ["WAL", "DELETE", "TRUNCATE", "PERSIST"])
    func whatWasSyncedSurvivesEveryCut(_ journal: String) throws {
        let disk = SimulatedDisk.make(seed: 1, "survives-\(journal)")
        let settings = ["journal_mode = \(journal)", "synchronous = EXTRA"]
        try PlainDatabase(disk, settings: settings).run(Self.table)
        for number in 0..<100 {
            let database = try PlainDatabase(disk, settings: settings)
            try database.run(insert(number))
            disk.powerCut()
            #expect(try stored(disk, settings) == Array(0...Int64(number)))
        }
    }

    @Test(arguments: ["WAL", "DELETE"])
    func aCutInTheMiddleLeavesAllOrNothing(_ journal: String) throws {
        let settings = ["journal_mode = \(journal)", "synchronous = EXTRA"]
        var (kept, lost) = (0, 0)
        for seed in 0..<200 {
            let disk = SimulatedDisk.make(seed: UInt64(seed), "middle-\(journal)")
            let database = try PlainDatabase(disk, settings: settings)
            try database.run(Self.table)
            disk.plan(DiskFault(.powerCut, at: [.write, .sync, .delete], after: seed % 30))
            var acknowledged = 0
            while (try? database.run(
                "BEGIN; \(insert(2 * acknowledged)); \(insert(2 * acknowledged + 1)); COMMIT"))
                != nil
            {
                acknowledged += 1
            }
            #expect(disk.isDown)
            disk.restart()
            let count = try stored(disk, settings).count
            #expect([acknowledged * 2, acknowledged * 2 + 2].contains(count))
            if count > acknowledged * 2 { kept += 1 } else { lost += 1 }
            #expect(try PlainDatabase(disk).numbers("PRAGMA quick_check") == [0])
        }
        #expect(kept > 3 && lost > 3, "\(kept) \(lost)")
    }

    @Test func withoutSyncsACutLosesWhatWasAcknowledged() throws {
        var losses = 0
        for seed in 0..<20 {
            let disk = SimulatedDisk.make(seed: UInt64(seed))
            let settings = ["journal_mode = WAL", "synchronous = OFF"]
            let database = try PlainDatabase(disk, settings: settings)
            try database.run(Self.table)
            for number in 0..<5 { try database.run(insert(number)) }
            disk.powerCut()
            if (try? stored(disk)) != [0, 1, 2, 3, 4] { losses += 1 }
        }
        #expect(losses > 5)
    }

    @Test func aDiskThatLiesAboutSyncsLosesWhatWasAcknowledged() throws {
        let disk = SimulatedDisk.make(seed: 2)
        try PlainDatabase(disk, settings: Self.settings).run(Self.table)
        disk.setSyncsAreLies(true)
        var isLost = false
        for number in 0..<20 where !isLost {
            try PlainDatabase(disk, settings: Self.settings).run(insert(number))
            disk.powerCut()
            isLost = (try? stored(disk).last) != Int64(number)
        }
        #expect(isLost)
    }

    @Test func aKilledProcessLosesNothingButItsHandles() throws {
        let disk = SimulatedDisk.make(seed: 3)
        let database = try PlainDatabase(
            disk, settings: ["journal_mode = WAL", "synchronous = OFF"])
        try database.run(Self.table)
        try database.run(insert(1))
        disk.processDies()
        #expect(throws: SQLiteFailure.self) { try database.run(insert(2)) }
        #expect(throws: SQLiteFailure.self) { try database.numbers("SELECT number FROM t") }
        let counts = disk.counts
        let image = disk.image
        #expect(throws: SQLiteFailure.self) { try database.run(insert(2)) }
        #expect(disk.image == image && disk.counts == counts)
        #expect(try stored(disk) == [1])
    }

    @Test func whatAFailedSyncLostIsNotSyncedLater() throws {
        var losses = 0
        for seed in 0..<40 {
            let disk = SimulatedDisk.make(seed: UInt64(seed))
            let database = try PlainDatabase(disk, settings: Self.settings)
            try database.run(Self.table)
            disk.plan(DiskFault(.error, at: [.sync]))
            #expect(throws: SQLiteFailure.self) { try database.run(insert(1)) }
            disk.processDies()
            let isThere = try stored(disk) == [1]
            disk.powerCut()
            if isThere, try stored(disk) != [1] { losses += 1 }
        }
        #expect(losses > 0)
    }

    @Test func connectionsOfOneProcessShareTheLog() throws {
        let disk = SimulatedDisk.make(seed: 4)
        let writer = try PlainDatabase(disk, settings: Self.settings)
        let reader = try PlainDatabase(disk, settings: Self.settings)
        try writer.run(Self.table)
        try writer.run(insert(1))
        try reader.run("BEGIN")
        #expect(try reader.numbers("SELECT number FROM t") == [1])
        try writer.run(insert(2))
        try writer.run("PRAGMA wal_checkpoint(PASSIVE)")
        try writer.run(insert(3))
        #expect(try reader.numbers("SELECT number FROM t") == [1])
        try reader.run("COMMIT")
        #expect(try reader.numbers("SELECT number FROM t") == [1, 2, 3])
        try writer.run("BEGIN IMMEDIATE")
        let busy = #expect(throws: SQLiteFailure.self) { try reader.run("BEGIN IMMEDIATE") }
        #expect(busy?.code == 5)
    }

    @Test func theSameSeedGivesTheSameFiles() throws {
        func files() throws -> (DiskImage, OperationCounts) {
            let disk = SimulatedDisk.make(seed: 5)
            let database = try PlainDatabase(disk, settings: Self.settings)
            try database.run(Self.table)
            for number in 0..<50 { try database.run(insert(number)) }
            try database.run("PRAGMA wal_checkpoint(PASSIVE)")
            disk.plan(DiskFault(.powerCut, at: [.write], after: 17))
            for number in 50..<100 { try? database.run(insert(number)) }
            disk.restart()
            let reopened = try PlainDatabase(disk, settings: Self.settings)
            try reopened.run("PRAGMA wal_checkpoint(TRUNCATE)")
            return (disk.image, disk.counts)
        }
        let (first, second) = (try files(), try files())
        #expect(first.0 == second.0)
        #expect(first.1 == second.1)
        #expect(first.0.files["plain.db"]?.isEmpty == false)
    }

    @Test func threadsHaveDisksOfTheirOwn() async throws {
        try await withThrowingTaskGroup { group in
            for seed in 0..<8 {
                group.addTask {
                    let disk = SimulatedDisk.make(seed: UInt64(seed), "threads")
                    try PlainDatabase(disk, settings: Self.settings).run(Self.table)
                    for number in 0..<200 {
                        try PlainDatabase(disk, settings: Self.settings).run(insert(number))
                        if number % 10 == 0 { disk.powerCut() }
                    }
                    #expect(try stored(disk).count == 200)
                }
            }
            try await group.waitForAll()
        }
    }
}
