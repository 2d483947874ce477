import Lifecycle
import Stores
import Support
import Synchronization
import Testing

@testable import Storage

/// One of several instances does a job at a time; alone, it is simply done.
@Suite struct LeasedJobTests {
    private final class Round: Service {
        let name = "round"
        let scheduler: any Scheduler
        let runs = Mutex(0)
        let isRunning = Mutex(false)

        init(_ scheduler: any Scheduler) { self.scheduler = scheduler }

        func run() async throws {
            runs.withLock { $0 += 1 }
            isRunning.withLock { $0 = true }
            defer { isRunning.withLock { $0 = false } }
            while true { try await scheduler.sleep(ms: 100) }
        }
    }

    private static func start(
        _ round: Round, _ database: Database, _ world: World
    ) -> Task<Void, any Error> {
        let job = LeasedJob(round, of: database, world: world)
        return world.scheduler.spawn { try await job.run() }
    }

    @Test(.enabled(if: StoreFolder.isSQLite)) func whoIsAloneBeginsAtOnce() throws {
        let bed = try Bed()
        try bed.test.run {
            let database = try await bed.open(.scheduled)
            let before = database.statistics.commits
            let round = Round(bed.test.scheduler)
            let job = Self.start(round, database, bed.test.world)
            try await bed.test.scheduler.sleep(ms: 10_000)
            #expect(round.isRunning.withLock { $0 })
            #expect(database.statistics.commits == before)
            job.cancel()
            _ = await job.result
            #expect(!round.isRunning.withLock { $0 })
            await database.close()
        }
    }

    @Test(.enabled(if: !StoreFolder.isSQLite)) func oneOfTwoDoesItAndTheOtherInheritsIt() throws {
        let bed = try Bed()
        try bed.test.run {
            let databases = [try await bed.open(.scheduled), try await bed.open(.scheduled)]
            let processes = databases.map { _ in SimulatedProcess(on: bed.test.scheduler) }
            let rounds = processes.map { Round($0) }
            for index in 0..<2 {
                _ = Self.start(
                    rounds[index], databases[index], bed.test.world(on: processes[index]))
            }
            try await bed.test.scheduler.sleep(ms: 60_000)
            let runs = rounds.map { round in round.runs.withLock { $0 } }
            #expect(runs.sorted() == [0, 1])
            let first = runs[0] == 1 ? 0 : 1
            processes[first].die()
            try await bed.test.scheduler.sleep(ms: 7_000)
            #expect(rounds[1 - first].runs.withLock { $0 } == 0)
            try await bed.test.scheduler.sleep(ms: LeasedJob.lastsMs)
            #expect(rounds[1 - first].isRunning.withLock { $0 })
            for database in databases { await database.close() }
        }
    }

    @Test(.enabled(if: !StoreFolder.isSQLite)) func anOrderlyEndLeavesItToTheNext() throws {
        let bed = try Bed()
        try bed.test.run {
            let database = try await bed.open(.scheduled)
            let rounds = [Round(bed.test.scheduler), Round(bed.test.scheduler)]
            let first = Self.start(rounds[0], database, bed.test.world)
            try await bed.test.scheduler.sleep(ms: 1_000)
            first.cancel()
            _ = await first.result
            let second = Self.start(rounds[1], database, bed.test.world)
            try await bed.test.scheduler.sleep(ms: 100)
            #expect(rounds[1].isRunning.withLock { $0 })
            second.cancel()
            _ = await second.result
            await database.close()
        }
    }

    private struct Broken: Service {
        struct Failure: Error {}
        let name = "broken"
        func run() async throws { throw Failure() }
    }

    /// Else its lease would be kept, and nobody would do it or hear of it.
    @Test func aJobThatFailsIsHeardOf() throws {
        let bed = try Bed()
        try bed.test.run {
            let database = try await bed.open(.scheduled)
            let job = LeasedJob(Broken(), of: database, world: bed.test.world)
            await #expect(throws: Broken.Failure.self) { try await job.run() }
            #expect(bed.test.scheduler.uptimeNanoseconds < 10_000_000_000)
            await database.close()
        }
    }

    /// It was taken for dead, or its clock ran: two never do it for longer than it takes to ask.
    @Test(.enabled(if: !StoreFolder.isSQLite)) func whoHasLostItStops() throws {
        let bed = try Bed()
        try bed.test.run {
            let database = try await bed.open(.scheduled)
            let round = Round(bed.test.scheduler)
            let job = Self.start(round, database, bed.test.world)
            try await bed.test.scheduler.sleep(ms: 1_000)
            let other = bed.test.world.newID()
            try await database.write { batch in
                try batch.execute("UPDATE job_lease SET instance = \(other)")
            }
            try await bed.test.scheduler.sleep(ms: 4_000)
            #expect(!round.isRunning.withLock { $0 })
            // And takes it again once the other is not heard of any more.
            try await bed.test.scheduler.sleep(ms: 15_000)
            #expect(round.runs.withLock { $0 } == 2)
            job.cancel()
            _ = await job.result
            await database.close()
        }
    }
}
