import Disk
import Support
import Testing

/// Faults that are no crash.
@Suite struct DiskFaultTests {
    private static let settings = ["journal_mode = WAL", "synchronous = FULL"]

    private func filled(_ disk: SimulatedDisk) throws -> PlainDatabase {
        let database = try PlainDatabase(disk, settings: Self.settings)
        try database.run("CREATE TABLE t (pad BLOB)")
        try database.run("INSERT INTO t VALUES (randomblob(50000))")
        return database
    }

    @Test func anOperationFailsOnceOrFromThereOn() throws {
        let disk = SimulatedDisk.make(seed: 1)
        let database = try filled(disk)
        disk.plan(DiskFault(.error, at: [.write]))
        let failure = #expect(throws: SQLiteFailure.self) { try database.run("DELETE FROM t") }
        #expect(failure?.code == 778)
        try database.run("DELETE FROM t")
        disk.plan(DiskFault(.error, at: [.sync], after: 1, isLasting: true))
        try database.run("INSERT INTO t VALUES (1)")
        for _ in 0..<3 {
            let failure = #expect(throws: SQLiteFailure.self) {
                try database.run("INSERT INTO t VALUES (2)")
            }
            #expect(failure?.code == 1034)
        }
        disk.forgetFaults()
        try database.run("INSERT INTO t VALUES (3)")
    }

    @Test func everyOperationCanFail() throws {
        let disk = SimulatedDisk.make(seed: 2)
        _ = try filled(disk)
        for operation in [Operation.open, .read, .size, .access, .delete] {
            disk.plan(DiskFault(.error, at: [operation], isLasting: true))
            let before = disk.counts[operation]
            _ = try? PlainDatabase(disk, settings: Self.settings).run("INSERT INTO t VALUES (1)")
            #expect(disk.counts[operation] > before, "\(operation)")
            disk.forgetFaults()
        }
        #expect(try PlainDatabase(disk).numbers("SELECT count(*) FROM t")[0] >= 1)
    }

    @Test func aFullDiskTakesNothingMoreUntilThereIsRoom() throws {
        let disk = SimulatedDisk.make(seed: 3)
        let database = try filled(disk)
        disk.setCapacity(disk.usedBytes + 10_000)
        let full = #expect(throws: SQLiteFailure.self) {
            try database.run("INSERT INTO t VALUES (randomblob(50000))")
        }
        #expect(full?.code == 13)
        #expect(try database.numbers("SELECT count(*) FROM t") == [1])
        disk.setCapacity(.max)
        try database.run("INSERT INTO t VALUES (randomblob(50000))")
    }

    @Test func aReadOnlyDiskIsReadAndNotWritten() throws {
        let disk = SimulatedDisk.make(seed: 4)
        try filled(disk).run("PRAGMA journal_mode = DELETE")
        disk.setReadOnly(true)
        let database = try PlainDatabase(disk)
        #expect(try database.numbers("SELECT count(*) FROM t") == [1])
        #expect(throws: SQLiteFailure.self) { try database.run("DELETE FROM t") }
        #expect(throws: SQLiteFailure.self) { try PlainDatabase(disk, "new.db").run("VACUUM") }
    }

    @Test func aFlippedBitStaysAndAnImagePutsItBack() throws {
        let disk = SimulatedDisk.make(seed: 5)
        try filled(disk).run("PRAGMA wal_checkpoint(TRUNCATE)")
        let image = disk.image
        for _ in 0..<100 {
            let flip = try #require(disk.flipBit(in: "plain.db"))
            var expected = image
            expected.files["plain.db"]?[flip.offset] ^= flip.mask
            disk.powerCut()
            #expect(disk.image == expected)
            disk.load(image)
            #expect(disk.image == image)
        }
    }

    @Test func aClosedDiskOpensNothingNew() throws {
        let disk = SimulatedDisk.make(seed: 6)
        let database = try filled(disk)
        disk.close()
        #expect(throws: SQLiteFailure.self) { try PlainDatabase(disk) }
        try database.run("INSERT INTO t VALUES (1)")
    }
}
