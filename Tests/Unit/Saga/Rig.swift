import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Support
import Synchronization
import Wire

/// A row of a saga that counts: what its steps did, in order.
struct Count: SagaSubject {
    let id: UUID
    /// No step of it is ever asked for too long.
    let createdAt = Instant(milliseconds: 4_000_000_000_000)
    var step: SagaPosition?
    var epoch: Int64 = 1
    var nextRunAt: Instant?
    var did: [String] = []
    var notes: [String] = []
    var stepCount: Int64 = 0
    var trouble: String?
    var version: Int64 = 1
    var isParked = false

    mutating func park(_ reason: String) { isParked = true }
}

/// Rows in memory, for the journals of several processes.
final class MemoryTable: Sendable {
    struct State {
        var rows: [UUID: Count] = [:]
        /// Rows that can't be read, and those that can't be written.
        var unreadable: Set<UUID> = []
        var unwritable: Set<UUID> = []
        /// What reading a row fails with: the database does not answer.
        var away: (any Error)?
        var commits = 0
        /// Of the commits to come.
        var failures: [any Error] = []
        /// The process of each epoch, by its own epoch.
        var owners: [Int64: Int64] = [:]
        var leases = 0
        /// Reading rows hangs.
        var hangs = false
        /// How long all rest that fail, as those do that wait for a buyer.
        var restMs: Int64?
    }

    let clock: TestClock
    let state = Mutex(State())

    init(clock: TestClock) { self.clock = clock }

    func failNext(_ count: Int, _ error: any Error) {
        state.withLock { $0.failures = Array(repeating: error, count: count) }
    }
}

/// What a store throws for a row that will never be better.
struct Corrupt: FaultError {
    let fault = Fault.internal
}

final class MemoryJournal: SagaJournal {
    typealias Subject = Count

    let table: MemoryTable
    let isShared: Bool
    private let epoch = Atomic<Int64>(0)

    init(_ table: MemoryTable, isShared: Bool = false) {
        self.table = table
        self.isShared = isShared
    }

    private func decide(
        _ row: Count, _ report: CallReport<Count>, _ state: MemoryTable.State
    ) -> (Count, Int64?) {
        let (epoch, now) = (epoch.load(ordering: .relaxed), table.clock.now())
        let decision = StepDecision(row, report, now: now, epoch: epoch)
        var after = decision.subject
        after.take(epoch, since: row)
        guard let pauseMs = decision.pauseMs else { return (after, nil) }
        after.nextRunAt = now.advanced(byMs: state.restMs ?? pauseMs)
        return (after, state.restMs ?? pauseMs)
    }

    func deferred(_ subject: Count, _ report: CallReport<Count>) -> Count? {
        let decision = StepDecision(
            subject, report, now: table.clock.now(), epoch: epoch.load(ordering: .relaxed))
        return decision.mayDefer ? decision.subject : nil
    }

    func commit(_ id: UUID, _ reports: [CallReport<Count>]) async throws -> SagaCommit<Count>? {
        try table.state.withLock { state in
            if let failure = state.failures.popLast() { throw failure }
            guard var row = state.rows[id] else { return nil }
            if state.unwritable.contains(id) { throw Corrupt() }
            var pause: Int64?
            for report in reports { (row, pause) = decide(row, report, state) }
            state.rows[id] = row
            state.commits += 1
            return SagaCommit(row, pauseMs: pause)
        }
    }

    func find(_ id: UUID) async throws -> Count? {
        try table.state.withLock { state in
            if state.unreadable.contains(id) { throw Corrupt() }
            return state.rows[id]
        }
    }

    func find(_ ids: [UUID]) async throws -> [FoundSaga<Count>] {
        if table.state.withLock({ $0.hangs }) {
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
        return table.state.withLock { state in
            ids.compactMap { id in
                if state.unreadable.contains(id) { return FoundSaga(id, .failure(Corrupt())) }
                return state.rows[id].map { FoundSaga(id, .success($0)) }
            }
        }
    }

    private func mine(_ state: MemoryTable.State) -> [Count] {
        let epoch = epoch.load(ordering: .relaxed)
        return state.rows.values.filter { row in
            row.position != nil && (row.driver == 0 || state.owners[row.driver] == epoch)
        }
    }

    func unfinished(after id: UUID?, limit: Int) async throws -> [UUID] {
        table.state.withLock { state in
            Array(
                mine(state).map(\.id).sorted().filter { row in id.map { $0 < row } ?? true }
                    .prefix(limit))
        }
    }

    func due(after last: SagaDue?, limit: Int) async throws -> [SagaDue] {
        let now = table.clock.now()
        return table.state.withLock { state in
            Array(
                mine(state).compactMap { row in row.nextRunAt.map { SagaDue(row.id, at: $0) } }
                    .filter { $0.at <= now }
                    .sorted { ($0.at, $0.id) < ($1.at, $1.id) }
                    .filter { due in last.map { ($0.at, $0.id) < (due.at, due.id) } ?? true }
                    .prefix(limit))
        }
    }

    func leave(_ id: UUID) async throws {
        table.state.withLock { state in
            guard let row = state.rows[id],
                state.owners[row.driver] == epoch.load(ordering: .relaxed)
            else { return }
            state.rows[id]?.epoch = 0
        }
    }

    func claim(_ id: UUID) async throws -> Count? {
        try table.state.withLock { state in
            if let error = state.away { throw error }
            guard state.rows[id]?.epoch == 0 else { return nil }
            state.rows[id]?.epoch = -epoch.load(ordering: .relaxed)
            return state.rows[id]
        }
    }

    /// Whoever is alone inherits all that there were.
    func lease(_ held: Int64?, above seen: Int64) async throws -> SagaLease {
        let lease = table.state.withLock { state in
            state.leases += 1
            if isShared, let held {
                return SagaLease(
                    epoch: held, epochs: Set(state.owners.filter { $0.value == held }.keys))
            }
            let epoch = max(state.owners.keys.max() ?? 0, seen) + 1
            state.owners[epoch] = epoch
            if !isShared { for before in 1...epoch { state.owners[before] = epoch } }
            return SagaLease(
                epoch: epoch, epochs: Set(state.owners.filter { $0.value == epoch }.keys))
        }
        epoch.store(lease.epoch, ordering: .relaxed)
        return lease
    }
}

/// What each call of a step meets, in order; then it just works.
final class Script: Sendable {
    enum Line {
        case fails(RPCError)
        case takes(ms: Int64)
        case never
    }

    private let lines: Mutex<[String: [Line]]>
    let epochs = Mutex([Int64]())

    init(_ lines: [String: [Line]] = [:]) { self.lines = Mutex(lines) }

    func play(
        _ step: String, _ terms: CallTerms, _ world: World
    ) async throws -> StepAnswer<Said> {
        epochs.withLock { $0.append(terms.epoch) }
        let line = lines.withLock { lines in
            lines[step]?.isEmpty == false ? lines[step]?.removeFirst() : nil
        }
        switch line {
        case .fails(let error): throw error
        case .takes(let ms): try await world.scheduler.sleep(ms: ms)
        case .never: await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        case nil: break
        }
        return .done(Said(word: step))
    }
}

struct Said: StepReply {
    let word: String
}

/// A call that does what its script says, and then the next.
struct Play: StepCall {
    let rig: Rig
    let word: String
    var patienceMs: Int64?
    let next: SagaPosition?
    /// What follows a refusal.
    var back: SagaPosition?
    var mayDefer = false

    var peer: String? { word }

    func ask(_ count: Count, _ terms: CallTerms) async throws -> StepAnswer<Said> {
        try await rig.script.play(word, terms, rig.test.world)
    }

    func done(_ reply: Said, _ decision: inout StepDecision<Count>) {
        decision.subject.did.append(reply.word)
        decision.subject.step = next
        decision.mayDefer = mayDefer
    }

    func refused(_ error: RPCError, _ decision: inout StepDecision<Count>) {
        decision.subject.step = back
    }

    func slow(_ decision: inout StepDecision<Count>) { decision.subject.notes.append("slow") }
}

struct Rig: Sendable {
    let test = TestWorld()
    let script: Script
    let table: MemoryTable

    init(_ lines: [String: [Script.Line]] = [:]) {
        script = Script(lines)
        table = MemoryTable(clock: test.clock)
    }

    private func step(_ name: String) -> Step<Count>? {
        switch name {
        case "reserve":
            .reversible(
                Play(rig: self, word: "reserve", next: SagaPosition("pay")),
                undo: Play(rig: self, word: "release", next: nil))
        case "pay":
            .pivot(
                Play(
                    rig: self, word: "pay", next: SagaPosition("consume"),
                    back: SagaPosition("reserve", .undo), mayDefer: true))
        case "consume":
            .certain(Play(rig: self, word: "consume", patienceMs: 50, next: nil))
        default: nil
        }
    }

    /// - Parameter isOlder: of a release that lacks the last step.
    func runner(
        isOlder: Bool = false, isShared: Bool = false
    ) async throws -> SagaRunner<MemoryJournal> {
        try await SagaRunner(
            of: MemoryJournal(table, isShared: isShared), world: test.world
        ) { name in
            isOlder && name == "consume" ? nil : step(name)
        }
    }

    /// What a process runs for as long as it lives.
    func run(_ runner: SagaRunner<MemoryJournal>) -> [Task<Void, any Error>] {
        runner.jobs.map { job in test.scheduler.spawn { try await job.run() } }
    }

    /// As a service does: a row that was just begun is looked for only when it takes longer.
    func add(at step: String = "reserve", epoch: Int64 = 1, dueInMs: Int64 = 10_000) -> Count {
        let row = Count(
            id: test.world.newID(), step: SagaPosition(step), epoch: epoch,
            nextRunAt: test.clock.now().advanced(byMs: dueInMs))
        table.state.withLock { $0.rows[row.id] = row }
        return row
    }

    func lines(_ event: String, about row: Count) -> Int {
        test.logLines.all.count { $0.contains("\"\(event)\"") && $0.contains(row.id.text) }
    }

    /// Starts one saga and waits for its end.
    func drive() throws -> (row: Count?, commits: Int) {
        try test.run {
            let runner = try await runner()
            let row = add()
            let watch = runner.progress.watch(row.id) { $0.position == nil }
            runner.start(row)
            let end = await watch.value(withinMs: 3_600_000)
            return (end, table.state.withLock { $0.commits })
        }
    }
}
