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
        _ disk: SimulatedDisk, _ world: World, _ mode: Database.Mode = .inline,
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
        #expect(throws: StorageError.self) { try DatabaseLocation(parsing: "virtual:x") }
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
