import Disk
import FoundationEssentials
import Lifecycle
import Storage
import Support
import Synchronization
import Testing

/// Storage over the disk, as the services use it.
@Suite struct DatabaseOnDiskTests {
    private static let schema = [
        Migration(1, "CREATE TABLE t (number BIGINT NOT NULL PRIMARY KEY, pad TEXT NOT NULL)")
    ]

    private func open(
        _ disk: SimulatedDisk, _ world: World, _ mode: Database.Mode = .scheduled,
        onFatal: @escaping @Sendable (StorageError) -> Void = { _ in }
    ) async throws -> Database {
        try await Database.open(
            .virtual(fileSystem: disk.name, path: "t.db"), migrations: Self.schema, world: world,
            mode: mode, onFatal: onFatal)
    }

    private func add(_ number: Int64, to database: Database) async throws {
        try await database.write { batch in
            let pad = String(repeating: "x", count: Int(number % 500))
            try batch.execute("INSERT INTO t (number, pad) VALUES (\(number), \(pad))")
            batch.emit("added", subject: UUID(), [])
        }
    }

    private func stored(_ database: Database) async throws -> [Int64] {
        try await database.read { reader in
            try reader.query("SELECT number FROM t ORDER BY number") { try $0.next() }
        }
    }

    @Test func everyAnsweredWriteSurvivesACut() throws {
        let test = TestWorld()
        try test.run {
            let disk = SimulatedDisk.make(seed: 1)
            var database = try await open(disk, test.world)
            for number in Int64(0)..<200 {
                try await add(number, to: database)
                disk.powerCut()
                await database.close()
                database = try await open(disk, test.world)
                #expect(try await stored(database) == Array(0...number))
            }
            #expect(database.feed.head == 200)
            await database.close()
        }
    }

    @Test func aCutInAWriteLeavesAllOfItOrNothing() throws {
        let test = TestWorld()
        try test.run {
            let disk = SimulatedDisk.make(seed: 2)
            var number = Int64(0)
            for cut in 0..<300 {
                let fatal = Mutex<StorageError.Code?>.Shared(nil)
                let database = try await open(disk, test.world) { error in
                    fatal.value.withLock { $0 = error.code }
                }
                let before = try await stored(database)
                #expect(before == Array(0..<Int64(before.count)))
                #expect([number, number + 1].contains(Int64(before.count)))
                number = Int64(before.count)
                disk.plan(DiskFault(.powerCut, at: [.write, .sync], after: cut % 40))
                while (try? await add(number, to: database)) != nil { number += 1 }
                #expect(disk.isDown)
                #expect(fatal.value.withLock { $0 } == .inputOutput)
                await database.close()
                disk.restart()
            }
        }
    }

    /// What the kernel could not write it keeps in memory, and takes for written.
    @Test func whatAFailedSyncLeftInMemoryIsOnTheDiskBeforeAnybodyIsToldOfIt() throws {
        let test = TestWorld()
        try test.run {
            var seen = 0
            for seed in UInt64(0)..<40 {
                let disk = SimulatedDisk.make(seed: seed)
                let failing = try await open(disk, test.world)
                disk.plan(DiskFault(.error, at: [.sync]))
                await #expect(throws: StorageError.self) { try await add(1, to: failing) }
                disk.processDies()
                await failing.close()
                let next = try await open(disk, test.world)
                let told = try await stored(next)
                if told == [1] { seen += 1 }
                try await add(2, to: next)
                disk.powerCut()
                await next.close()
                let last = try await open(disk, test.world)
                #expect(try await stored(last) == told + [2])
                await last.close()
            }
            #expect(seen > 10)
        }
    }

    /// The log of a process that died after so many commits.
    private func logged(_ disk: SimulatedDisk, commits: Int64, _ world: World) async throws {
        try await open(disk, world).close()
        let database = try await open(disk, world)
        for number in 0..<commits { try await add(number, to: database) }
        disk.processDies()
        await database.close()
    }

    private func refusal(_ disk: SimulatedDisk, _ world: World) async -> StorageError? {
        await #expect(throws: StorageError.self) { try await open(disk, world).close() }
    }

    @Test func aLogThatIsDamagedBeforeItsEndIsRefused() throws {
        let test = TestWorld()
        try test.run {
            let disk = SimulatedDisk.make(seed: 4)
            try await logged(disk, commits: 20, test.world)
            let sound = disk.image
            let size = try #require(sound.files["t.db-wal"]?.count)
            for offset in stride(from: 0, to: size / 2, by: 499) {
                var image = sound
                image.files["t.db-wal"]?[offset] ^= 4
                disk.load(image)
                let error = await refusal(disk, test.world)
                #expect(error?.code == .corrupt, "\(offset)")
                #expect(error?.message.contains("the log is damaged") == true, "\(offset)")
                #expect(disk.image == image)
            }
            disk.load(sound)
            let database = try await open(disk, test.world)
            #expect(try await stored(database).count == 20)
            await database.close()
        }
    }

    @Test func theLastCommitMayBeTornAgainAndAgain() throws {
        let test = TestWorld()
        try test.run {
            let disk = SimulatedDisk.make(seed: 5)
            try await logged(disk, commits: 5, test.world)
            var count = 5
            for round in 0..<40 {
                let database = try await open(disk, test.world)
                #expect(try await stored(database).count == count)
                // One large and then small ones, each torn in its first page but not in its last.
                let pad = String(repeating: "y", count: round == 0 ? 200_000 : 10)
                try await database.write {
                    try $0.execute("INSERT INTO t (number, pad) VALUES (\(1000 + round), \(pad))")
                }
                if round % 4 == 3 { count += 1 }
                disk.processDies()
                await database.close()
                guard round % 4 != 3 else { continue }
                var image = disk.image
                let log = try #require(image.files["t.db-wal"])
                let place = try #require(Self.firstFrameOfLastCommit(log))
                image.files["t.db-wal"]?[place + 100] ^= 1
                disk.load(image)
            }
        }
    }

    /// Where it begins in the file; frames behind the last commit are zeros.
    private static func firstFrameOfLastCommit(_ log: [UInt8]) -> Int? {
        let frames = stride(from: 32, to: log.count - 24, by: 4096 + 24).prefix {
            log[$0 + 8..<$0 + 16].elementsEqual(log[16..<24])
        }
        let commits = frames.filter { log[$0 + 4..<$0 + 8].contains { $0 != 0 } }
        return commits.dropLast().last.map { $0 + 4096 + 24 }
    }

    @Test func anEmptyFileThatHasALogIsNoNewDatabase() throws {
        let test = TestWorld()
        try test.run {
            let disk = SimulatedDisk.make(seed: 6)
            try await logged(disk, commits: 3, test.world)
            for isGone in [false, true] {
                var image = disk.image
                image.files["t.db"] = isGone ? nil : []
                disk.load(image)
                let error = await refusal(disk, test.world)
                #expect(error?.code == .corrupt)
                #expect(error?.message.contains("t.db: the file is empty") == true)
                #expect(disk.image.files["t.db-wal"] == image.files["t.db-wal"])
            }
        }
    }

    @Test func aFileThatCanOnlyBeReadIsNamed() throws {
        let test = TestWorld()
        try test.run {
            let disk = SimulatedDisk.make(seed: 7)
            try await logged(disk, commits: 3, test.world)
            disk.setReadOnly(true)
            let error = await refusal(disk, test.world)
            #expect(error?.code == .cannotOpen)
            #expect(error?.message.contains("t.db: the file is read-only") == true)
        }
    }

    @Test func threadsMayUseOneDisk() async throws {
        let disk = SimulatedDisk.make(seed: 3)
        let test = TestWorld()
        let database = try await open(disk, test.world, .thread)
        try await withThrowingTaskGroup { group in
            for number in Int64(0)..<500 {
                group.addTask {
                    try await add(number, to: database)
                    #expect(try await stored(database).contains(number))
                }
            }
            try await group.waitForAll()
        }
        disk.powerCut()
        await database.close()
        let reopened = try await open(disk, test.world, .thread)
        #expect(try await stored(reopened).count == 500)
        await reopened.close()
    }

    @Test func noTextNamesADiskOfATest() throws {
        #expect(throws: StorageError.self) {
            try DatabaseLocation(parsing: "virtual:x", for: "test")
        }
        let location = DatabaseLocation.virtual(fileSystem: "x", path: "a.db")
        #expect(location.beside("sim") == .virtual(fileSystem: "x", path: "a.db.sim"))
    }
}

extension Mutex where Value: Sendable {
    final class Shared: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }
}
