public import FoundationEssentials
public import Lifecycle
internal import RPC
import Synchronization
internal import Text
internal import Wire

/// Drives sagas, each in a task of its own that keeps its row in memory: a call, one commit of its
/// result and the next position, the next call. A result that would be the same if it was asked
/// again waits for the commit of the next. What the task holds is a copy; killed anywhere, the next
/// process reads the rows and asks the same calls again.
public final class SagaRunner<Journal: SagaJournal>: Service {
    public typealias Subject = Journal.Subject

    public let name = "saga"
    public let progress: Watches<Subject>

    struct State {
        /// Sagas with a task.
        var running: [UUID: Running] = [:]
        /// How many of them were found by the runner itself, by the step that they were found at.
        var found: [String: Int] = [:]
        /// Sagas that pause for a short while, each with the one timer that ends its pause.
        var resting: [UUID: Rest] = [:]
        var isStopped = false
        var lease: SagaLease
        /// When the next renewal is due, and when others may take this process for dead.
        var renewAt: UInt64
        var trustedUntil: UInt64
        /// A lease is being asked for.
        var isLeasing = false
    }

    struct Running {
        /// Since its task last read its row.
        var isWoken = false
        /// Somebody else has changed the row since.
        var isMoved = false
        /// The step that it was found at; nil for one that was just begun.
        let foundAt: String?
    }

    struct Rest {
        let timer: ScheduledTimer
        /// The call that could not reach its peer, if it waits because of that.
        let cut: SagaPosition?
    }

    private static var callTimeoutMs: Int64 { 10_000 }
    /// Longer than calls take where nothing is wrong, which need not look at their row in between.
    private static var copyMs: Int64 { 250 }
    /// Longer pauses, and more of them, are ended by the scan instead of a timer.
    private static var longestRestMs: Int64 { RetryPolicy.saga.longestMs }
    private static var mostResting: Int { 10_000 }

    private let step: @Sendable (String) -> Step<Subject>?
    let journal: Journal
    let world: World
    let state: Mutex<State>
    /// Sagas that could not be driven.
    let failing: FailingRows<UUID>

    /// - Parameter step: the step of a name; nil for one that this release does not have.
    public init(
        of journal: Journal, world: World,
        step: @escaping @Sendable (_ name: String) -> Step<Subject>?
    ) async throws {
        self.step = step
        self.journal = journal
        self.world = world
        failing = FailingRows("order", world: world)
        progress = Watches(scheduler: world.scheduler)
        let now = world.scheduler.uptimeNanoseconds
        let lease = try await journal.lease(nil, above: 0)
        state = Mutex(
            State(
                lease: lease, renewAt: now + Self.nanoseconds(SagaLease.renewedEveryMs),
                trustedUntil: now + Self.nanoseconds(SagaLease.trustedMs)))
    }

    static func nanoseconds(_ ms: Int64) -> UInt64 { UInt64(ms) * 1_000_000 }

    /// What runs for as long as the process lives.
    public var jobs: [any Service] {
        guard journal.isShared else { return [self] }
        return [
            self, SagaRenewal(runner: self, world: world),
            SagaSharing(runner: self, journal: journal, world: world),
        ]
    }

    /// This process's epoch. Every call carries it, and a peer refuses one of a lower epoch.
    public var epoch: Int64 { state.withLock { $0.lease.epoch } }

    /// Ends every task at its next commit; the rows wait for the next process.
    public func stop() { state.withLock { $0.isStopped = true } }

    /// Drives a saga whose row was just committed.
    public func start(_ subject: Subject) {
        guard subject.position != nil, isMine(subject), enter(subject.id) else { return }
        let copy = SagaCopy(subject)
        world.scheduler.spawn { await self.drive(copy.subject.id, copy) }
    }

    /// Reads a saga's row and drives it, now or as soon as its task has ended.
    public func wake(_ id: UUID) {
        guard enter(id) else { return }
        world.scheduler.spawn { await self.drive(id, nil) }
    }

    /// Somebody else has committed a change to a saga's row: those who wait for it are told, and it
    /// goes on from there.
    public func moved(_ subject: Subject) {
        progress.publish(subject, of: subject.id)
        guard enter(subject.id, isMoved: true) else { return }
        world.scheduler.spawn { [id = subject.id] in await self.drive(id, nil) }
    }

    /// True when the caller is to start the task; else the one there is told to look again. Either
    /// way a pause is over, and its timer with it: one that was left would ask out of turn.
    func enter(_ id: UUID, foundAt step: String? = nil, isMoved: Bool = false) -> Bool {
        let (mayStart, timer) = state.withLock { state -> (Bool, ScheduledTimer?) in
            guard !state.isStopped else { return (false, nil) }
            let isRunning = state.running[id] != nil
            if isRunning {
                state.running[id]?.isWoken = true
                if isMoved { state.running[id]?.isMoved = true }
            } else {
                state.running[id] = Running(foundAt: step)
                if let step { state.found[step, default: 0] += 1 }
            }
            return (!isRunning, state.resting.removeValue(forKey: id)?.timer)
        }
        timer?.cancel()
        return mayStart
    }

    /// True when its task has ended; false when it was woken meanwhile, and looks again.
    private func leave(_ id: UUID) -> Bool {
        state.withLock { state in
            guard state.running[id]?.isWoken == true, !state.isStopped else {
                if let step = state.running.removeValue(forKey: id)?.foundAt {
                    let others = (state.found[step] ?? 1) - 1
                    state.found[step] = others > 0 ? others : nil
                }
                return true
            }
            state.running[id]?.isWoken = false
            state.running[id]?.isMoved = false
            return false
        }
    }

    private func isMoved(_ id: UUID) -> Bool {
        state.withLock { $0.running[id]?.isMoved == true }
    }

    /// Whether the saga may go on by the copy of its row that it saw last. What is changed by this
    /// process is known here; another one may have changed a row that was not looked at for long.
    private func isUpToDate(_ id: UUID, since seenAt: UInt64) -> Bool {
        guard !isMoved(id) else { return false }
        let age = world.scheduler.uptimeNanoseconds - seenAt
        return !journal.isShared || age < Self.nanoseconds(Self.copyMs)
    }

    func isMine(_ subject: Subject) -> Bool {
        state.withLock { $0.lease.epochs.contains(subject.driver) }
    }

    /// Whether a task drives it here, or will.
    func drives(_ id: UUID) -> Bool {
        state.withLock { $0.running[id] != nil || $0.resting[id] != nil }
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    func drive(_ id: UUID, _ copy: SagaCopy<Subject>?) async {
        var copy = copy
        while true {
            let pause = await tryToAdvance(id, copy)
            guard leave(id) else {
                copy = nil
                continue
            }
            if let pause, !isStopped { rest(id, pause) }
            return
        }
    }

    /// What goes wrong with one saga sets it aside; the scan finds it again.
    private func tryToAdvance(_ id: UUID, _ known: SagaCopy<Subject>?) async -> Pause? {
        do {
            var copy = known
            if copy == nil { copy = try await read(id) }
            guard let copy, isMine(copy.subject) else { return nil }
            let pause = try await advance(copy)
            failing.succeeded(id)
            return pause
        } catch {
            await giveUp(id, error)
            return nil
        }
    }

    /// The row as it is, claimed if it is nobody's and this process can go on with it.
    private func read(_ id: UUID) async throws -> SagaCopy<Subject>? {
        guard let subject = try await journal.find(id) else { return nil }
        guard subject.driver == 0 else { return SagaCopy(subject) }
        guard let position = subject.position else { return nil }
        _ = try due(at: position, subject)
        return try await journal.claim(id).map(SagaCopy.init)
    }

    private struct Pause {
        let ms: Int64
        /// The call that could not reach its peer, if it waits because of that.
        let cut: SagaPosition?
    }

    private func rest(_ id: UUID, _ pause: Pause) {
        guard pause.ms <= Self.longestRestMs,
            state.withLock({ $0.resting.count < Self.mostResting })
        else { return }
        let timer = world.scheduler.schedule(afterMs: pause.ms) { self.wake(id) }
        let isWoken = state.withLock { state in
            guard state.running[id] == nil else { return true }
            state.resting[id] = Rest(timer: timer, cut: pause.cut)
            return false
        }
        if isWoken { timer.cancel() }
    }

    /// Goes on until the saga has ended or pauses, and returns the pause.
    private func advance(_ first: SagaCopy<Subject>) async throws -> Pause? {
        var copy = first
        let id = first.subject.id
        var unsaved: [CallReport<Subject>] = []
        var seenAt = world.scheduler.uptimeNanoseconds
        while let position = copy.subject.position, isMine(copy.subject), !isStopped {
            // The row has changed since it was read, perhaps so that this must not be asked.
            if unsaved.isEmpty, isMoved(id) { return nil }
            if isLapsed { throw RPCError(.unavailable, "the lease could not be renewed in time") }
            let due = try due(at: position, copy.subject)
            world.failpoint.reach("saga.\(position).asking")
            let impatience = noteSlowness(of: due, position, id, unsaved)
            let report = await ask(due, position, copy)
            impatience?.cancel()
            world.failpoint.reach("saga.\(position).answered")
            if isUpToDate(id, since: seenAt), let next = deferred(copy, report) {
                unsaved.append(report)
                copy = next
                continue
            }
            guard let commit = try await save(id, unsaved + [report]) else { return nil }
            unsaved = []
            copy = commit.copy
            seenAt = world.scheduler.uptimeNanoseconds
            if let pauseMs = commit.pauseMs {
                return Pause(ms: pauseMs, cut: report.isCut ? copy.subject.position : nil)
            }
        }
        return nil
    }

    /// The row after a report that need not be on disk before the next call; nil when it must be.
    /// Inlined, its rows would lie in the frame of the task.
    @inline(never)
    private func deferred(
        _ copy: SagaCopy<Subject>, _ report: CallReport<Subject>
    ) -> SagaCopy<Subject>? {
        journal.deferred(copy.subject, report).map(SagaCopy.init)
    }

    /// What a position calls, and what its step is to the saga.
    private struct Due {
        let call: any StepCall<Subject>
        let kind: StepKind
    }

    private func due(at position: SagaPosition, _ subject: Subject) throws -> Due {
        guard subject.isKnown, let step = step(position.step),
            let call = step.call(position.direction)
        else { throw NewerStep(name: position.description) }
        return Due(call: call, kind: step.kind)
    }

    func asks(_ position: SagaPosition, _ peer: String) -> Bool {
        step(position.step)?.call(position.direction)?.peer?.isSame(as: peer) == true
    }

    private func ask(
        _ due: Due, _ position: SagaPosition, _ copy: SagaCopy<Subject>
    ) async -> CallReport<Subject> {
        do {
            let terms = CallTerms(epoch: epoch, timeoutMs: Self.callTimeoutMs)
            return try await due.call.answer(at: position, copy.subject, terms)
        } catch let error as RPCError where error.isRefusal {
            return .refused(position, due.call, error)
        } catch {
            let error = error as? RPCError ?? RPCError(.internal, "\(error)")
            await raiseEpoch(after: error)
            reportTrouble(position, copy.subject.id, error)
            let pause = RetryPolicy.saga.delayMs(
                for: error, after: position.attempt, world.random)
            return .unknown(position, due.call, due.kind, error, retryInMs: pause)
        }
    }

    /// A participant has seen a higher epoch, so this database is older than its peers'.
    private func raiseEpoch(after error: RPCError) async {
        guard error.reason.name == "FENCED", case .integer(let seen)? = error.detail["epoch"]
        else { return }
        do { try await takeLease(above: seen) } catch {
            world.log.warning("saga_lease_failed", ["error": "\(error)"])
        }
    }

    private func reportTrouble(_ position: SagaPosition, _ id: UUID, _ error: RPCError) {
        world.metrics.count("saga.unknown")
        guard position.attempt >= 8 else { return }
        world.log.error(
            "saga_stuck",
            [
                "order": id, "step": position.step, "attempt": position.attempt,
                "reason": error.reason.name, "message": error.message,
            ])
    }

    /// Commits what is known when the step has not been answered within its patience.
    private func noteSlowness(
        of due: Due, _ position: SagaPosition, _ id: UUID, _ unsaved: [CallReport<Subject>]
    ) -> ScheduledTimer? {
        guard let patienceMs = due.call.patienceMs else { return nil }
        return world.scheduler.schedule(afterMs: patienceMs) { [self] in
            world.scheduler.spawn { [self] in
                do {
                    let slow = CallReport<Subject>.slow(position, due.call)
                    _ = try await save(id, unsaved + [slow])
                } catch {
                    // The call goes on, and its own commit meets the same.
                    world.log.warning(
                        "saga_slowness_unsaved", ["order": id, "error": "\(error)"])
                }
                world.failpoint.reach("saga.\(position).slow")
            }
        }
    }

    /// Commits, and again for as long as the database has trouble: what a call did must not be
    /// forgotten, and asking again is the only other way to know it.
    private func save(
        _ id: UUID, _ reports: [CallReport<Subject>]
    ) async throws -> SagaCommit<Subject>? {
        let commit = try await retrying(id, "saga_commit_failed") {
            try await self.journal.commit(id, reports)
        }
        if let commit { progress.publish(commit.copy.subject, of: id) }
        return commit
    }

    /// Tries again, with growing pauses, what fails for a reason that passes; any other is thrown.
    func retrying<Value: Sendable>(
        _ id: UUID, _ event: StaticString, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        var attempt: Int64 = 0
        while true {
            do { return try await body() } catch {
                world.log.warning(event, ["order": id, "error": "\(error)"])
                guard error.mayPass, !isStopped else { throw error }
                try await world.scheduler.sleep(
                    ms: RetryPolicy.saga.delayMs(after: attempt, world.random))
                attempt += 1
            }
        }
    }
}
