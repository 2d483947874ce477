public import FoundationEssentials
public import Lifecycle
internal import RPC
import Synchronization
internal import Wire

/// Drives sagas, each in a task of its own that keeps its row in memory: a call, one commit of its
/// result and the next position, the next call. What it holds is a copy; killed anywhere, the next
/// process reads the rows and asks the same calls again.
public final class SagaRunner<Subject: SagaSubject, Reply: Sendable>: Service {
    public let name = "saga"
    public let progress: SagaProgress<Subject>

    private struct State {
        /// Sagas with a task, and whether they were woken since it last read their row.
        var running: [UUID: Bool] = [:]
        /// Sagas that pause, each with the one timer that ends its pause.
        var resting: [UUID: Rest] = [:]
        var isStopped = false
        var lease: SagaLease
        /// When the next renewal is due, and when others may take this process for dead.
        var renewAt: UInt64
        var trustedUntil: UInt64
        /// A lease is being asked for.
        var isLeasing = false
    }

    private static var callTimeoutMs: Int64 { 10_000 }
    private static var scanEveryMs: Int64 { 1_000 }
    private static var leasePauseMs: Int64 { 10 }
    private static var page: Int { 200 }
    /// Sagas taken over at once, so that a restart does not flood its peers.
    private static var takeOverLimit: Int { 400 }

    private let saga: Saga<Subject, Reply>
    private let asides: [Step<Subject, Reply>]
    private let journal: any SagaJournal<Subject, Reply>
    private let world: World
    private let state: Mutex<State>

    /// `asides` are the calls off the straight way, which the journal's decisions lead to by name.
    public init(
        _ saga: Saga<Subject, Reply>, asides: [Step<Subject, Reply>],
        journal: any SagaJournal<Subject, Reply>, world: World
    ) async throws {
        self.saga = saga
        self.asides = asides
        self.journal = journal
        self.world = world
        progress = SagaProgress(scheduler: world.scheduler)
        let now = world.scheduler.uptimeNanoseconds
        let lease = try await journal.lease(nil, above: 0)
        state = Mutex(
            State(
                lease: lease, renewAt: now + Self.nanoseconds(SagaLease.renewedEveryMs),
                trustedUntil: now + Self.nanoseconds(SagaLease.trustedMs)))
    }

    private static func nanoseconds(_ ms: Int64) -> UInt64 { UInt64(ms) * 1_000_000 }

    /// What runs for as long as the process lives.
    public var jobs: [any Service] {
        guard journal.isShared else { return [self] }
        return [self, SagaSharing(runner: self, journal: journal, world: world)]
    }

    /// Goes by the process's own number: every call carries it, and fences off its forerunners.
    public var epoch: Int64 { state.withLock { $0.lease.epoch } }

    /// Takes over what another process left, then looks each second for what is due.
    public func run() async throws {
        await takeOver()
        while (try? await world.scheduler.sleep(ms: Self.scanEveryMs)) != nil {
            do {
                for subject in try await journal.due(limit: Self.page) { start(subject) }
            } catch {
                world.log.warning("saga_scan_failed", ["error": "\(error)"])
            }
        }
        stop()
    }

    /// Ends every task at its next commit; the rows wait for the next process.
    public func stop() { state.withLock { $0.isStopped = true } }

    /// Drives a saga whose row was just committed, or read.
    public func start(_ subject: Subject) {
        guard subject.position != nil, isMine(subject), enter(subject.id) else { return }
        world.scheduler.spawn { await self.drive(subject.id, subject) }
    }

    /// Reads a saga's row and drives it, now or as soon as its task has ended.
    public func wake(_ id: UUID) {
        guard enter(id) else { return }
        world.scheduler.spawn { await self.drive(id, nil) }
    }

    /// Somebody else has committed a change to a saga's row: those who wait for it are told, and it
    /// goes on from there.
    public func moved(_ subject: Subject) {
        progress.publish(subject)
        wake(subject.id)
    }

    /// A peer can be reached again: what waits only for that goes on now, and not when its pause
    /// has passed. `isTheirs` tells the calls that go to this peer.
    public func hurry(_ isTheirs: @escaping @Sendable (SagaPosition) -> Bool) {
        let ids = state.withLock { state in
            state.resting.filter { $0.value.cut.map(isTheirs) == true }.keys.sorted()
        }
        guard !ids.isEmpty else { return }
        world.log.info("saga_hurried", ["sagas": ids.count])
        world.scheduler.spawn { [self] in
            for id in ids {
                try await awaitRoom()
                wake(id)
            }
        }
    }

    /// True when the caller is to start the task; else the one there is told to look again. Either
    /// way a pause is over, and its timer with it: one that was left would ask out of turn.
    private func enter(_ id: UUID) -> Bool {
        let (mayStart, timer) = state.withLock { state -> (Bool, ScheduledTimer?) in
            guard !state.isStopped else { return (false, nil) }
            let isRunning = state.running[id] != nil
            state.running[id] = isRunning
            return (!isRunning, state.resting.removeValue(forKey: id)?.timer)
        }
        timer?.cancel()
        return mayStart
    }

    // MARK: The lease

    /// When it is time; takes over what others have left.
    func renewLease() async throws {
        let now = world.scheduler.uptimeNanoseconds
        let (before, isDue) = state.withLock { ($0.lease.epochs, now >= $0.renewAt) }
        guard isDue else { return }
        let lease = try await takeLease(above: 0)
        guard !lease.epochs.subtracting([lease.epoch]).isSubset(of: before) else { return }
        world.log.warning("saga_takeover", ["epoch": lease.epoch])
        world.scheduler.spawn { await self.takeOver() }
    }

    /// One at a time: who was fenced off together with another goes by the epoch that the other
    /// has drawn.
    @discardableResult
    private func takeLease(above seen: Int64) async throws -> SagaLease {
        while !mayLease() { try await world.scheduler.sleep(ms: Self.leasePauseMs) }
        defer { state.withLock { $0.isLeasing = false } }
        let held = state.withLock { $0.lease }
        if 0 < seen, seen < held.epoch { return held }
        // Counted from before it was asked for, so that no other counts from earlier.
        let now = world.scheduler.uptimeNanoseconds
        let lease = try await journal.lease(held.epoch, above: seen)
        state.withLock { state in
            guard lease.epoch >= state.lease.epoch else { return }
            state.lease = lease
            state.renewAt = now + Self.nanoseconds(SagaLease.renewedEveryMs)
            state.trustedUntil = now + Self.nanoseconds(SagaLease.trustedMs)
        }
        return lease
    }

    private func mayLease() -> Bool {
        state.withLock { state in
            defer { state.isLeasing = true }
            return !state.isLeasing
        }
    }

    private func isMine(_ subject: Subject) -> Bool {
        state.withLock { $0.lease.epochs.contains(subject.epoch) }
    }

    /// Whether a task drives it here, or will.
    func drives(_ id: UUID) -> Bool {
        state.withLock { $0.running[id] != nil || $0.resting[id] != nil }
    }

    /// Another process may drive what this one calls its own.
    private var isLapsed: Bool {
        let now = world.scheduler.uptimeNanoseconds
        return journal.isShared && state.withLock { now > $0.trustedUntil }
    }

    private func awaitRoom() async throws {
        while state.withLock({ $0.running.count }) > Self.takeOverLimit {
            try await world.scheduler.sleep(ms: 20)
        }
    }

    private func takeOver() async {
        var last: UUID?
        while !isStopped {
            do {
                let page = try await journal.unfinished(after: last, limit: Self.page)
                for subject in page { start(subject) }
                guard let end = page.last, page.count == Self.page else { return }
                last = end.id
                try await awaitRoom()
            } catch is CancellationError {
                return
            } catch {
                world.log.warning("saga_takeover_failed", ["error": "\(error)"])
                guard (try? await world.scheduler.sleep(ms: Self.scanEveryMs)) != nil else {
                    return
                }
            }
        }
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func drive(_ id: UUID, _ subject: Subject?) async {
        var subject = subject
        while true {
            var pause: Pause?
            do {
                if subject == nil { subject = try await journal.find(id) }
                if let subject, isMine(subject) { pause = try await advance(subject) }
            } catch {
                // Only a stopped runner, or a row that can't be read, ends here; the scan finds
                // the row again.
                world.log.warning("saga_left", ["order": id, "error": "\(error)"])
            }
            let wasWoken = state.withLock { state in
                guard state.running[id] == true, !state.isStopped else {
                    state.running[id] = nil
                    return false
                }
                state.running[id] = false
                return true
            }
            guard wasWoken else {
                if let pause, !isStopped { rest(id, pause) }
                return
            }
            subject = nil
        }
    }

    private struct Pause {
        let ms: Int64
        /// The call that could not reach its peer, if it waits because of that.
        let cut: SagaPosition?
    }

    private struct Rest {
        let timer: ScheduledTimer
        let cut: SagaPosition?
    }

    private func rest(_ id: UUID, _ pause: Pause) {
        let timer = world.scheduler.schedule(afterMs: pause.ms) { self.wake(id) }
        let isWoken = state.withLock { state in
            guard state.running[id] == nil else { return true }
            state.resting[id] = Rest(timer: timer, cut: pause.cut)
            return false
        }
        if isWoken { timer.cancel() }
    }

    /// Goes on until the saga has ended or pauses, and returns the pause.
    private func advance(_ first: Subject) async throws -> Pause? {
        var subject = first
        var unsaved: [SagaEvent<Reply>] = []
        while let position = subject.position, isMine(subject), !isStopped {
            if isLapsed { throw RPCError(.unavailable, "the lease could not be renewed in time") }
            world.failpoint.reach("saga.\(position).asking")
            let impatience = noteSlowness(of: position, subject, unsaved)
            let event = await ask(position, subject)
            impatience?.cancel()
            world.failpoint.reach("saga.\(position).answered")
            if let next = journal.deferred(subject, event) {
                unsaved.append(event)
                subject = next
                continue
            }
            guard let stand = try await save(subject.id, unsaved + [event]) else { return nil }
            unsaved = []
            subject = stand.subject
            if let pauseMs = stand.pauseMs {
                return Pause(ms: pauseMs, cut: event.outcome.isCut ? subject.position : nil)
            }
        }
        return nil
    }

    private func step(_ name: String) -> Step<Subject, Reply>? {
        saga.step(name) ?? asides.first { $0.name == name }
    }

    private func ask(_ position: SagaPosition, _ subject: Subject) async -> SagaEvent<Reply> {
        let step = step(position.step)
        guard let act = position.direction == .act ? step?.act : step?.undo else {
            let error = RPCError(.unknownMethod, "there is no step \(position.step)")
            return SagaEvent(position, .refused(error))
        }
        do {
            let call = SagaCall(epoch: epoch, timeoutMs: Self.callTimeoutMs)
            switch try await act(subject, call) {
            case .done(let reply): return SagaEvent(position, .done(reply))
            case .waiting(let reply): return SagaEvent(position, .waiting(reply))
            }
        } catch let error as RPCError where error.isRefusal {
            return SagaEvent(position, .refused(error))
        } catch {
            let error = error as? RPCError ?? RPCError(.internal, "\(error)")
            await raiseEpoch(after: error)
            let pause = Backoff.delayMs(attempt: position.attempt, world.random)
            reportTrouble(position, subject, error)
            return SagaEvent(
                position, .unknown(error, retryInMs: max(pause, error.retryAfterMs ?? 0)))
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

    private func reportTrouble(_ position: SagaPosition, _ subject: Subject, _ error: RPCError) {
        world.metrics.count("saga.unknown")
        guard position.attempt >= 8 else { return }
        world.log.error(
            "saga_stuck",
            [
                "order": subject.id, "step": position.step, "attempt": position.attempt,
                "reason": error.reason.name, "message": error.message,
            ])
    }

    /// Commits what is known when the step has not been answered within its patience.
    private func noteSlowness(
        of position: SagaPosition, _ subject: Subject, _ unsaved: [SagaEvent<Reply>]
    ) -> ScheduledTimer? {
        guard position.direction == .act, let patienceMs = step(position.step)?.patienceMs
        else { return nil }
        return world.scheduler.schedule(afterMs: patienceMs) { [self] in
            world.scheduler.spawn { [self] in
                _ = try await save(subject.id, unsaved + [SagaEvent(position, .slow)])
                world.failpoint.reach("saga.\(position).slow")
            }
        }
    }

    /// Commits, and again for as long as the database has trouble: what a call did must not be
    /// forgotten, and asking again is the only other way to know it.
    private func save(
        _ id: UUID, _ events: [SagaEvent<Reply>]
    ) async throws -> SagaStand<Subject>? {
        var attempt: Int64 = 0
        while true {
            do {
                let stand = try await journal.commit(id, events)
                if let stand { progress.publish(stand.subject) }
                return stand
            } catch {
                guard !isStopped else { throw error }
                world.log.warning("saga_commit_failed", ["order": id, "error": "\(error)"])
                try await world.scheduler.sleep(
                    ms: Backoff.delayMs(attempt: attempt, world.random))
                attempt += 1
            }
        }
    }
}
