import FoundationEssentials
import Lifecycle
import Stores
import Support
import Testing

@testable import Storage

/// Several instances over one store, as only PostgreSQL has it.
@Suite(.enabled(if: !StoreFolder.isSQLite)) struct SharedStoreTests {
    private static func take(_ id: UUID, from database: Database) async throws {
        try await database.write { batch in
            var pool = try #require(try batch.find(PoolRow.self, id))
            pool.left -= 1
            try batch.update(pool)
            batch.emit("taken", subject: id, [])
        }
    }

    @Test func twoInstancesLoseNoUpdateAndNumberFactsWithoutGaps() async throws {
        let bed = try Bed()
        let instances = [try await bed.open(), try await bed.open()]
        let id = bed.test.world.newID()
        try await instances[0].add(PoolRow(id, left: 1_000))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<16 {
                group.addTask {
                    for _ in 0..<25 { try await Self.take(id, from: instances[caller % 2]) }
                }
            }
            try await group.waitForAll()
        }
        for instance in instances {
            #expect(try await instance.pool(id)?.left == 600)
            let facts = try await instance.feed.facts(after: 0, limit: 1_000)
            #expect(facts.map(\.seq) == Array(1...400))
            #expect(instance.feed.head == 400)
            await instance.close()
        }
    }

    @Test func whoWaitsForTheFeedIsToldOfAnothersFact() throws {
        let bed = try Bed()
        try bed.test.run {
            let (one, other) = (try await bed.open(.scheduled), try await bed.open(.scheduled))
            let waiter = bed.test.scheduler.spawn {
                try await other.feed.wait(after: 0, ms: 60_000)
            }
            try await bed.test.scheduler.sleep(ms: 1_000)
            try await one.write { $0.emit("fact", subject: UUID(), []) }
            #expect(try await waiter.value == 1)
            #expect(bed.test.scheduler.uptimeNanoseconds < 3_000_000_000)
            // A cursor that was counted on the other instance is not taken for one of the future.
            try await one.write { $0.emit("fact", subject: UUID(), []) }
            #expect(other.feed.head == 1)
            #expect(try await other.feed.head(seen: 2) == 2)
            await one.close()
            await other.close()
        }
    }

    @Test func allInstancesHaveOneTime() async throws {
        let bed = try Bed()
        let ahead = TestWorld(startingAt: bed.test.clock.now().advanced(byMs: 30_000))
        let one = try await bed.open()
        let other = try await Database.open(
            bed.location, migrations: testSchema, world: ahead.world)
        let late = try await other.write { $0.now }
        #expect(try await one.read { $0.now } >= late)
        #expect(try await one.write { $0.now } >= late)
        await one.close()
        await other.close()
    }

    @Test func aPromotionRaisesTheEpochOnceForAll() async throws {
        let bed = try Bed()
        let one = try await bed.open()
        let before = one.feed.epoch
        let other = try await bed.open()
        #expect(other.feed.epoch == before)
        await other.close()
        try await one.write { try $0.execute("UPDATE timeline SET number = 0") }
        let later = try await bed.open()
        #expect(later.feed.epoch == before + 1)
        try await one.write { $0.emit("fact", subject: UUID(), []) }
        #expect(one.feed.epoch == before + 1)
        await one.close()
        await later.close()
    }

    @Test func aPrimaryOfThePastIsNotWrittenTo() throws {
        let bed = try Bed()
        let (runner, _) = try bed.openRunner()
        let demote = command {
            try $0.execute("UPDATE writer SET epoch = epoch - 1")
            return 0
        }
        let late = command { batch in
            try batch.insert(PoolRow(bed.test.world.newID(), left: 1))
            return 0
        }
        runner.run([demote])
        runner.run([late])
        let error = #expect(throws: StorageError.self) { try late.outcome() }
        #expect(error?.code == .fenced)
        runner.close()
        let age = try bed.location.engine(bed.test.world.log).connect(.writing)
        try age.run("UPDATE timeline SET number = 99")
        age.close()
        let refused = #expect(throws: StorageError.self) { try bed.openRunner() }
        #expect(refused?.code == .fenced)
    }

    /// Begin and the writer row, then all changes, facts and the commit. Who has written several
    /// batches alone presumes that it goes on so, and waits for the commit only.
    @Test func aBatchThatLoadsNothingWaitsTwiceAndThenOnce() throws {
        let bed = try Bed()
        let (runner, _) = try bed.openRunner()
        let waits = (0..<7).map { _ in
            let before = runner.counters.roundTrips
            runner.run(
                (0..<50).map { _ in
                    command { batch in
                        let id = bed.test.world.newID()
                        try batch.insert(PoolRow(id, left: 1))
                        batch.emit("made", subject: id, [])
                        return 0
                    }
                })
            return runner.counters.roundTrips - before
        }
        #expect(waits == [2, 2, 2, 2, 1, 1, 1])
        runner.close()
    }

    @Test func whoPresumesToWriteAloneIsToldOfAnother() async throws {
        let bed = try Bed()
        let (one, other) = (try await bed.open(), try await bed.open())
        let id = bed.test.world.newID()
        try await one.add(PoolRow(id, left: 100))
        for round in 1...3 {
            for _ in 0..<8 { try await Self.take(id, from: one) }
            // What the one has in memory is not what is stored any more.
            try await Self.take(id, from: other)
            try await Self.take(id, from: one)
            #expect(try await one.pool(id)?.left == 100 - Int64(10 * round))
        }
        #expect(try await other.feed.facts(after: 0, limit: 100).map(\.seq) == Array(1...30))
        await one.close()
        await other.close()
    }

    /// What a command is refused for is not taken for another's batch.
    @Test func aRefusedCommandIsRefusedByWhoPresumesToo() async throws {
        let bed = try Bed()
        let one = try await bed.open()
        let id = bed.test.world.newID()
        try await one.add(PoolRow(id, left: 8))
        for _ in 0..<8 { try await Self.take(id, from: one) }
        let error = await #expect(throws: StorageError.self) { try await Self.take(id, from: one) }
        #expect(error?.code == .constraint)
        #expect(try await one.pool(id)?.left == 0)
        await one.close()
    }

    @Test func instancesThatOpenAtOnceMakeOneSchema() async throws {
        let bed = try Bed()
        let heads = try await withThrowingTaskGroup(of: UUID.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    let database = try await bed.open()
                    defer { Task { await database.close() } }
                    return database.feed.id
                }
            }
            return try await group.reduce(into: Set<UUID>()) { $0.insert($1) }
        }
        #expect(heads.count == 1)
    }
}
