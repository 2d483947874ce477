import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Support
import Synchronization
import Testing
import Wire

/// A row of a saga that counts: what its steps did, in order.
private struct Count: SagaSubject, Equatable {
    let id: UUID
    var position: SagaPosition?
    var epoch: Int64 = 1
    var did: [String] = []
    var notes: [String] = []
}

/// Rows in memory; the straight way only, by the core.
private final class MemoryJournal: SagaJournal {
    typealias Subject = Count
    typealias Reply = String

    struct State {
        var rows: [UUID: Count] = [:]
        var commits = 0
        var failures = 0
        var epoch: Int64 = 0
    }

    let state = Mutex(State())
    let core: SagaCore

    init(_ core: SagaCore) { self.core = core }

    private func decide(_ row: Count, _ event: SagaEvent<String>) -> (Count, Int64?) {
        guard row.position == event.position else { return (row, nil) }
        var row = row
        guard let verdict = event.outcome.verdict else {
            row.notes.append("slow")
            return (row, nil)
        }
        if case .done(let reply) = event.outcome { row.did.append(reply) }
        switch core.next(event.position, verdict, ageMs: 0) {
        case .call(let position): row.position = position
        case .again(let position):
            row.position = position
            if case .unknown(_, let pause) = event.outcome { return (row, pause) }
        default: row.position = nil
        }
        return (row, nil)
    }

    func deferred(_ subject: Count, _ event: SagaEvent<String>) -> Count? {
        guard case .done = event.outcome, event.position.step == "pay" else { return nil }
        return decide(subject, event).0
    }

    func commit(_ id: UUID, _ events: [SagaEvent<String>]) async throws -> SagaStand<Count>? {
        try state.withLock { state in
            guard state.failures == 0 else {
                state.failures -= 1
                throw RPCError(.unavailable, "no disk today")
            }
            guard var row = state.rows[id] else { return nil }
            var pause: Int64?
            for event in events { (row, pause) = decide(row, event) }
            state.rows[id] = row
            state.commits += 1
            return SagaStand(row, pauseMs: pause)
        }
    }

    func find(_ id: UUID) async throws -> Count? { state.withLock { $0.rows[id] } }

    func unfinished(after id: UUID?, limit: Int) async throws -> [Count] {
        let open = state.withLock { $0.rows }.values.filter { $0.position != nil }
        return Array(
            open.sorted { $0.id < $1.id }.filter { row in id.map { $0 < row.id } ?? true }
                .prefix(limit))
    }

    func due(limit: Int) async throws -> [Count] { [] }

    let isShared = false

    /// Inherits all that there were.
    func lease(_ held: Int64?, above seen: Int64) async throws -> SagaLease {
        state.withLock {
            $0.epoch = max($0.epoch, seen) + 1
            return SagaLease(epoch: $0.epoch, epochs: Set(1...$0.epoch))
        }
    }
}

/// What each call of a step meets, in order; then it just works.
private final class Script: Sendable {
    enum Line {
        case fails(RPCError)
        case takes(ms: Int64)
        case never
    }

    private let lines: Mutex<[String: [Line]]>
    let epochs = Mutex([Int64]())

    init(_ lines: [String: [Line]] = [:]) { self.lines = Mutex(lines) }

    func play(_ step: String, _ call: SagaCall, _ world: World) async throws -> StepAnswer<String> {
        epochs.withLock { $0.append(call.epoch) }
        let line = lines.withLock { lines in
            lines[step]?.isEmpty == false ? lines[step]?.removeFirst() : nil
        }
        switch line {
        case .fails(let error): throw error
        case .takes(let ms): try await world.scheduler.sleep(ms: ms)
        case .never: await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        case nil: break
        }
        return .done(step)
    }
}

private struct Rig: Sendable {
    let test = TestWorld()
    let script: Script
    let saga: Saga<Count, String>
    let journal: MemoryJournal

    init(_ lines: [String: [Script.Line]] = [:]) {
        let script = Script(lines)
        let world = test.world
        self.script = script
        saga = [
            .reversible("reserve") { _, call in
                try await script.play("reserve", call, world)
            } undo: { _, call in
                try await script.play("release", call, world)
            },
            .pivot("pay") { _, call in try await script.play("pay", call, world) },
            .certain("consume", patienceMs: 50) { _, call in
                try await script.play("consume", call, world)
            },
        ]
        journal = MemoryJournal(saga.core)
    }

    func runner() async throws -> SagaRunner<Count, String> {
        try await SagaRunner(saga, asides: [], journal: journal, world: test.world)
    }

    func add() -> Count {
        let row = Count(id: test.world.newID(), position: SagaPosition("reserve"))
        journal.state.withLock { $0.rows[row.id] = row }
        return row
    }

    /// Starts one saga and waits for its end.
    func drive() throws -> (row: Count?, commits: Int) {
        try test.run {
            let runner = try await runner()
            let row = add()
            let watch = runner.progress.watch(row.id) { $0.position == nil }
            runner.start(row)
            let end = await watch.value(withinMs: 3_600_000)
            return (end, journal.state.withLock { $0.commits })
        }
    }
}

@Suite struct RunnerTests {
    @Test func aSagaTakesOneCommitAStepAndThePivotRidesWithTheNext() throws {
        let end = try Rig().drive()
        #expect(end.row?.did == ["reserve", "pay", "consume"])
        #expect(end.commits == 2)
    }

    @Test func anUnknownIsAskedAgain() throws {
        let lost = Script.Line.fails(RPCError(.unavailable, "gone"))
        let end = try Rig(["reserve": [lost], "pay": [lost, lost], "consume": [lost]]).drive()
        #expect(end.row?.did == ["reserve", "pay", "consume"])
    }

    @Test func aRefusalTurnsBack() throws {
        let refusal = Script.Line.fails(.heard(.notFound))
        let end = try Rig(["pay": [refusal]]).drive()
        #expect(end.row?.did == ["reserve", "release"])
    }

    @Test func aResultSurvivesADatabaseThatFailsForAWhile() throws {
        let rig = Rig()
        rig.journal.state.withLock { $0.failures = 7 }
        #expect(try rig.drive().row?.did == ["reserve", "pay", "consume"])
    }

    @Test func slownessIsNotedAndTheCallGoesOn() throws {
        let end = try Rig(["consume": [.takes(ms: 51)]]).drive()
        #expect(end.row?.notes == ["slow"])
        #expect(end.row?.did == ["reserve", "pay", "consume"])
        #expect(end.commits == 3)
        #expect(try Rig(["consume": [.takes(ms: 49)]]).drive().row?.notes == [])
    }

    @Test func anotherProcessTakesOverWithAHigherEpoch() throws {
        let rig = Rig(["pay": [.never]])
        try rig.test.run {
            let first = try await rig.runner()
            let row = rig.add()
            first.start(row)
            try await rig.test.scheduler.sleep(ms: 1_000)
            first.stop()
            let second = try await rig.runner()
            let watch = second.progress.watch(row.id) { $0.position == nil }
            let job = rig.test.scheduler.spawn { try await second.run() }
            let end = await watch.value(withinMs: 60_000)
            job.cancel()
            #expect(end?.did == ["reserve", "pay", "consume"])
            #expect(second.epoch > first.epoch)
            #expect(rig.script.epochs.withLock { $0 } == [1, 1, 2, 2])
        }
    }

    @Test func whoeverWaitsForAPeerThatIsBackGoesOnAtOnce() throws {
        let gone = [Script.Line](repeating: .fails(RPCError(.unavailable, "gone")), count: 9)
        let full = [Script.Line](repeating: .fails(RPCError(.overloaded, "full")), count: 9)
        for (lines, isMeant) in [(gone, true), (full, false)] {
            let rig = Rig(["pay": lines])
            try rig.test.run {
                let runner = try await rig.runner()
                let row = rig.add()
                let watch = runner.progress.watch(row.id) { $0.position == nil }
                runner.start(row)
                // All nine have failed, and a pause of half a minute at least has begun.
                while rig.script.epochs.withLock({ $0.count }) < 10 {
                    try await rig.test.scheduler.sleep(ms: 100)
                }
                runner.hurry { $0.step != "pay" }
                try await rig.test.scheduler.sleep(ms: 100)
                #expect(rig.script.epochs.withLock { $0.count } == 10)
                runner.hurry { $0.step == "pay" }
                try await rig.test.scheduler.sleep(ms: 100)
                #expect(rig.script.epochs.withLock { $0.count } == (isMeant ? 12 : 10))
                #expect(await watch.value(withinMs: 60_000)?.did == ["reserve", "pay", "consume"])
                // The pause that was cut short wakes nobody any more.
                try await rig.test.scheduler.sleep(ms: 120_000)
                #expect(rig.script.epochs.withLock { $0.count } == 12)
            }
        }
    }

    /// A pause that was cut short, for whatever reason, ends no later one.
    @Test func whoeverIsWokenRestsOnceAfterwards() throws {
        let full = Script.Line.fails(RPCError(.overloaded, "full"))
        let rig = Rig(["pay": [Script.Line](repeating: full, count: 9)])
        try rig.test.run {
            let runner = try await rig.runner()
            let row = rig.add()
            runner.start(row)
            try await rig.test.scheduler.sleep(ms: 10)
            for _ in 0..<4 {
                runner.wake(row.id)
                try await rig.test.scheduler.sleep(ms: 1)
            }
            // Pauses of 0.2, 0.4, 0.8 and 1.6 s were cut short, and the last is 1.6 s at least.
            try await rig.test.scheduler.sleep(ms: 1_500)
            #expect(rig.script.epochs.withLock { $0.count } == 6)
        }
    }

    @Test func aFencedRunnerRaisesItsEpochAboveTheOneSeen() throws {
        let fenced = RPCError.heard(
            Reason(received: "FENCED", .aborted, .unknown), detail: ["epoch": .integer(41)])
        let rig = Rig(["reserve": [.fails(fenced)]])
        _ = try rig.drive()
        #expect(rig.script.epochs.withLock { $0 } == [1, 42, 42, 42])
    }

    @Test func sagasThatAreFencedTogetherDrawOneEpoch() throws {
        let fenced = RPCError.heard(
            Reason(received: "FENCED", .aborted, .unknown), detail: ["epoch": .integer(41)])
        let rig = Rig(["reserve": Array(repeating: .fails(fenced), count: 5)])
        try rig.test.run {
            let runner = try await rig.runner()
            let rows = (0..<5).map { _ in rig.add() }
            let watches = rows.map { row in runner.progress.watch(row.id) { $0.position == nil } }
            for row in rows { runner.start(row) }
            for watch in watches { #expect(await watch.value(withinMs: 60_000) != nil) }
            #expect(Set(rig.script.epochs.withLock { $0 }) == [1, 42])
        }
    }

    @Test func oneTaskDrivesASagaHoweverOftenItIsStarted() throws {
        let rig = Rig(["reserve": [.takes(ms: 10)]])
        try rig.test.run {
            let runner = try await rig.runner()
            let row = rig.add()
            let watch = runner.progress.watch(row.id) { $0.position == nil }
            for _ in 0..<10 {
                runner.start(row)
                runner.wake(row.id)
            }
            #expect(await watch.value(withinMs: 60_000)?.did == ["reserve", "pay", "consume"])
            #expect(rig.script.epochs.withLock { $0.count } == 3)
        }
    }

    @Test func aWatchEndsByTimeAndByCancelling() throws {
        let rig = Rig(["reserve": [.never]])
        try rig.test.run {
            let runner = try await rig.runner()
            let row = rig.add()
            runner.start(row)
            let watch = runner.progress.watch(row.id) { _ in true }
            #expect(await watch.value(withinMs: 100) == nil)
            let other = runner.progress.watch(row.id) { _ in true }
            let task = rig.test.scheduler.spawn { await other.value(withinMs: 1_000_000) }
            task.cancel()
            #expect(try await task.value == nil)
        }
    }
}
