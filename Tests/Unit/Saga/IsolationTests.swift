import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Support
import Synchronization
import Testing

/// One bad row, or a slow one, is nobody else's trouble.
@Suite struct IsolationTests {
    private static let all = ["reserve", "pay", "consume"]

    /// What a row came to within so long.
    private static func did(_ rig: Rig, _ row: Count, withinMs ms: Int64) async throws -> [String] {
        try await rig.test.scheduler.sleep(ms: ms)
        return rig.table.state.withLock { $0.rows[row.id]?.did ?? [] }
    }

    @Test func aRowThatCannotBeReadStopsNeitherTakeOverNorScan() throws {
        let rig = Rig()
        try rig.test.run {
            let bad = (0..<250).map { _ in rig.add(dueInMs: 0) }
            rig.table.state.withLock { $0.unreadable = Set(bad.map(\.id)) }
            let left = rig.add()
            let runner = try await rig.runner()
            let jobs = rig.run(runner)
            #expect(try await Self.did(rig, left, withinMs: 500) == Self.all)
            let due = rig.add(dueInMs: 0)
            #expect(try await Self.did(rig, due, withinMs: 1_500) == Self.all)
            #expect((1...3).contains(rig.lines("row_set_aside", about: bad[0])))
            // It is looked at again and again, but ever more seldom.
            try await rig.test.scheduler.sleep(ms: 100_000)
            #expect((5...8).contains(rig.lines("row_set_aside", about: bad[0])))
            rig.table.state.withLock { $0.unreadable = [] }
            #expect(try await Self.did(rig, bad[0], withinMs: 300_000) == Self.all)
            for job in jobs { job.cancel() }
        }
    }

    private struct NoAnswer: FaultError { let fault: Fault }

    @Test(
        arguments: [
            RPCError(.unavailable, "the database is away"), NoAnswer(fault: .unavailable),
            NoAnswer(fault: .unknownOutcome),
        ] as [any Error])
    func aDatabaseThatIsAwayIsNoFaultOfItsRows(_ error: any Error) throws {
        let rig = Rig()
        try rig.test.run {
            let row = rig.add(dueInMs: 0)
            rig.table.state.withLock {
                $0.rows[row.id]?.epoch = 0
                $0.away = error
            }
            let jobs = rig.run(try await rig.runner())
            try await rig.test.scheduler.sleep(ms: 10_000)
            #expect(rig.lines("row_set_aside", about: row) == 0)
            #expect((1...5).contains(rig.lines("saga_delayed", about: row)))
            rig.table.state.withLock { $0.away = nil }
            #expect(try await Self.did(rig, row, withinMs: 30_000) == Self.all)
            for job in jobs { job.cancel() }
        }
    }

    @Test func aCommitThatCannotSucceedSetsItsSagaAside() throws {
        let rig = Rig()
        try rig.test.run {
            let runner = try await rig.runner()
            let jobs = rig.run(runner)
            try await rig.test.scheduler.sleep(ms: 10)
            let row = rig.add()
            rig.table.state.withLock { $0.unwritable = [row.id] }
            runner.start(row)
            try await rig.test.scheduler.sleep(ms: 60_000)
            #expect((4...8).contains(rig.script.epochs.withLock { $0.count }))
            #expect(rig.lines("row_set_aside", about: row) >= 4)
            // Nobody knows how far it came: whoever goes on inherits it, the same process too.
            #expect(rig.table.state.withLock { $0.rows[row.id]?.epoch ?? 1 } <= 0)
            rig.table.state.withLock { $0.unwritable = [] }
            #expect(try await Self.did(rig, row, withinMs: 120_000) == Self.all)
            for job in jobs { job.cancel() }
        }
    }

    @Test func aStepThatIsNotKnownIsLeftToANewerInstance() throws {
        let rig = Rig()
        try rig.test.run {
            let older = try await rig.runner(isOlder: true, isShared: true)
            let row = rig.add(at: "consume", epoch: older.epoch, dueInMs: 0)
            let jobs = rig.run(older)
            try await rig.test.scheduler.sleep(ms: 60_000)
            let left = rig.table.state.withLock { $0.rows[row.id] }
            #expect(left?.position?.step == "consume" && left?.epoch == 0)
            #expect((3...8).contains(rig.lines("saga_left", about: row)))
            #expect(rig.lines("row_set_aside", about: row) == 0)
            let newer = rig.run(try await rig.runner(isShared: true))
            #expect(try await Self.did(rig, row, withinMs: 2_000) == ["consume"])
            for job in jobs + newer { job.cancel() }
        }
    }

    /// Of those who claim a row one gets it, and its place is not the one of a row of its own.
    @Test func whatIsLeftIsClaimedOnce() throws {
        let rig = Rig(["reserve": Array(repeating: .takes(ms: 5_000), count: 9)])
        try rig.test.run {
            let row = rig.add(epoch: 0, dueInMs: 0)
            let runners = [
                try await rig.runner(isShared: true), try await rig.runner(isShared: true),
            ]
            let jobs = runners.flatMap { rig.run($0) }
            try await rig.test.scheduler.sleep(ms: 3_000)
            #expect(rig.script.epochs.withLock { $0.count } == 1)
            let claimed = rig.table.state.withLock { $0.rows[row.id]?.epoch ?? 0 }
            #expect(runners.map { -$0.epoch }.contains(claimed))
            for job in jobs { job.cancel() }
        }
    }

    @Test func neitherNewSagasNorSlowOnesKeepOthersFromBeingFound() throws {
        let rig = Rig(["pay": Array(repeating: .never, count: 1_000)])
        try rig.test.run {
            // As many as a restart may find at one step, and more.
            for _ in 0..<300 { _ = rig.add(at: "pay", dueInMs: 0) }
            let other = rig.add(at: "consume", dueInMs: 0)
            let runner = try await rig.runner()
            for _ in 0..<500 { runner.start(rig.add(at: "pay")) }
            let jobs = rig.run(runner)
            #expect(try await Self.did(rig, other, withinMs: 2_500) == ["consume"])
            for job in jobs { job.cancel() }
        }
    }

    @Test func aLongPauseTakesNoTimerAndIsEndedByTheScan() throws {
        // What a peer asks for ends at a minute; who waits for a buyer may rest for longer.
        for (askedMs, restMs, ms, timers) in [
            (50_000, nil, 50_000, 1), (1_000_000, nil, 60_000, 1), (1_000, 100_000, 100_000, 0),
        ] as [(Int64, Int64?, Int64, Int)] {
            let error = RPCError(.overloaded, "later", retryAfterMs: askedMs)
            let rig = Rig(["reserve": [.fails(error)]])
            try rig.test.run {
                rig.table.state.withLock { $0.restMs = restMs }
                let runner = try await rig.runner()
                let jobs = rig.run(runner)
                try await rig.test.scheduler.sleep(ms: 10)
                let row = rig.add()
                let before = rig.test.scheduler.timers
                runner.start(row)
                try await rig.test.scheduler.sleep(ms: 10)
                #expect(rig.test.scheduler.timers == before + timers)
                #expect(try await Self.did(rig, row, withinMs: ms - 1_000).isEmpty)
                #expect(try await Self.did(rig, row, withinMs: 3_000) == Self.all)
                for job in jobs { job.cancel() }
            }
        }
    }

    @Test func pausesTakeNoMoreThanTenThousandTimers() throws {
        let full = RPCError(.overloaded, "full", retryAfterMs: 30_000)
        let rig = Rig(["reserve": Array(repeating: .fails(full), count: 10_200)])
        try rig.test.run {
            let runner = try await rig.runner()
            let jobs = rig.run(runner)
            try await rig.test.scheduler.sleep(ms: 10)
            let rows = (0..<10_200).map { _ in rig.add() }
            for row in rows { runner.start(row) }
            try await rig.test.scheduler.sleep(ms: 100)
            #expect((10_000...10_010).contains(rig.test.scheduler.timers))
            try await rig.test.scheduler.sleep(ms: 60_000)
            #expect(rig.table.state.withLock { $0.rows.values.allSatisfy { $0.position == nil } })
            for job in jobs { job.cancel() }
        }
    }

    @Test func theLeaseIsRenewedThoughReadingHangs() throws {
        let rig = Rig()
        try rig.test.run {
            let runner = try await rig.runner(isShared: true)
            let other = rig.add(epoch: 77)
            let watch = runner.progress.watch(other.id) { _ in false }
            rig.table.state.withLock { $0.hangs = true }
            let jobs = rig.run(runner)
            try await rig.test.scheduler.sleep(ms: 60_000)
            #expect(rig.table.state.withLock { $0.leases } >= 15)
            watch.cancel()
            for job in jobs { job.cancel() }
        }
    }
}
