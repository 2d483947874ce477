import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Support
import Synchronization
import Wire

/// A row of a saga that counts: what its steps did, in order.
struct Count: SagaSubject, Equatable {
    let id: UUID
    var position: SagaPosition?
    var epoch: Int64 = 1
    var dueAt: Instant
    var did: [String] = []
    var notes: [String] = []
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

/// The straight way only, by the core.
final class MemoryJournal: SagaJournal {
    typealias Subject = Count
    typealias Reply = String

    let table: MemoryTable
    let core: SagaCore
    let isShared: Bool
    private let epoch = Atomic<Int64>(0)

    init(_ table: MemoryTable, _ core: SagaCore, isShared: Bool = false) {
        self.table = table
        self.core = core
        self.isShared = isShared
    }

    private func decide(
        _ row: Count, _ event: SagaEvent<String>, _ state: MemoryTable.State
    ) -> (Count, Int64?) {
        guard row.position == event.position else { return (row, nil) }
        var row = row
        guard let verdict = event.outcome.verdict else {
            row.notes.append("slow")
            return (row, nil)
        }
        if case .done(let reply) = event.outcome { row.did.append(reply) }
        switch core.next(event.position, verdict, ageMs: 0) {
        case .call(let position):
            row.position = position
            row.epoch = epoch.load(ordering: .relaxed)
        case .again(let position):
            row.position = position
            if case .unknown(_, let pause) = event.outcome {
                let pause = state.restMs ?? pause
                row.dueAt = table.clock.now().advanced(byMs: pause)
                return (row, pause)
            }
        default: row.position = nil
        }
        return (row, nil)
    }

    func deferred(_ subject: Count, _ event: SagaEvent<String>) -> Count? {
        guard case .done = event.outcome, event.position.step == "pay" else { return nil }
        return table.state.withLock { decide(subject, event, $0).0 }
    }

    func commit(_ id: UUID, _ events: [SagaEvent<String>]) async throws -> SagaStand<Count>? {
        try table.state.withLock { state in
            if let failure = state.failures.popLast() { throw failure }
            guard var row = state.rows[id] else { return nil }
            if state.unwritable.contains(id) { throw Corrupt() }
            var pause: Int64?
            for event in events { (row, pause) = decide(row, event, state) }
            state.rows[id] = row
            state.commits += 1
            return SagaStand(row, pauseMs: pause)
        }
    }

    func find(_ id: UUID) async throws -> Count? {
        try table.state.withLock { state in
            if state.unreadable.contains(id) { throw Corrupt() }
            return state.rows[id]
        }
    }

    func find(_ ids: [UUID]) async throws -> [SagaRow<Count>] {
        if table.state.withLock({ $0.hangs }) {
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
        return table.state.withLock { state in
            ids.compactMap { id in
                if state.unreadable.contains(id) { return SagaRow(id, .failure(Corrupt())) }
                return state.rows[id].map { SagaRow(id, .success($0)) }
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
                mine(state).filter { $0.dueAt <= now }.map { SagaDue($0.id, at: $0.dueAt) }
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

struct Rig: Sendable {
    let test = TestWorld()
    let script: Script
    let saga: Saga<Count, String>
    let table: MemoryTable
    /// A runner of an older release lacks the last step.
    let older: Saga<Count, String>

    init(_ lines: [String: [Script.Line]] = [:]) {
        let script = Script(lines)
        let world = test.world
        self.script = script
        let reserve = Step<Count, String>.reversible("reserve") { _, call in
            try await script.play("reserve", call, world)
        } undo: { _, call in
            try await script.play("release", call, world)
        }
        let pay = Step<Count, String>.pivot("pay") { _, call in
            try await script.play("pay", call, world)
        }
        saga = [
            reserve, pay,
            .certain("consume", patienceMs: 50) { _, call in
                try await script.play("consume", call, world)
            },
        ]
        older = [reserve, pay]
        table = MemoryTable(clock: test.clock)
    }

    func runner(
        isOlder: Bool = false, isShared: Bool = false
    ) async throws -> SagaRunner<Count, String> {
        try await SagaRunner(
            isOlder ? older : saga, asides: [],
            journal: MemoryJournal(table, saga.core, isShared: isShared), world: test.world)
    }

    /// What a process runs for as long as it lives.
    func run(_ runner: SagaRunner<Count, String>) -> [Task<Void, any Error>] {
        runner.jobs.map { job in test.scheduler.spawn { try await job.run() } }
    }

    /// As a service does: a row that was just begun is looked for only when it takes longer.
    func add(at step: String = "reserve", epoch: Int64 = 1, dueInMs: Int64 = 10_000) -> Count {
        let row = Count(
            id: test.world.newID(), position: SagaPosition(step), epoch: epoch,
            dueAt: test.clock.now().advanced(byMs: dueInMs))
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
