public import FoundationEssentials
import Synchronization

/// Those who wait for news of a subject, each until something is true of it.
///
/// Begin the watch, then look at the subject, then wait: so no news is missed between the look and
/// the wait.
public final class Watches<Value: Sendable>: Sendable {
    private struct State {
        /// By their numbers, so that one of many is taken out at once.
        var of: [UUID: [UInt64: Watch<Value>]] = [:]
        var last: UInt64 = 0
    }

    private let scheduler: any Scheduler
    private let state = Mutex(State())

    public init(scheduler: any Scheduler) { self.scheduler = scheduler }

    /// Watches from now on for news that makes `isMet` true.
    public func watch(
        _ subject: UUID, until isMet: @escaping @Sendable (Value) -> Bool
    ) -> Watch<Value> {
        state.withLock { state in
            state.last += 1
            let watch = Watch(
                subject, number: state.last, isMet: isMet, among: self, scheduler: scheduler)
            state.of[subject, default: [:]][watch.number] = watch
            return watch
        }
    }

    /// What somebody waits for.
    public var watched: [UUID] { state.withLock { $0.of.keys.sorted() } }

    /// How many wait for news of a subject.
    public func count(of subject: UUID) -> Int { state.withLock { $0.of[subject]?.count ?? 0 } }

    /// Tells those whom it concerns, in the order in which they came.
    public func publish(_ value: Value, of subject: UUID) {
        let met = state.withLock { state in
            let met = (state.of[subject] ?? [:]).values.filter { $0.isMet(value) }
            for watch in met { state.of[subject]?[watch.number] = nil }
            if state.of[subject]?.isEmpty == true { state.of[subject] = nil }
            return met.sorted { $0.number < $1.number }
        }
        guard !met.isEmpty else { return }
        scheduler.gather { for watch in met { watch.end(value) } }
    }

    fileprivate func remove(_ watch: Watch<Value>) {
        state.withLock { state in
            state.of[watch.subject]?[watch.number] = nil
            if state.of[watch.subject]?.isEmpty == true { state.of[watch.subject] = nil }
        }
    }
}

/// One who waits. It ends once: by news, by its time, or because its task was cancelled.
public final class Watch<Value: Sendable>: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Value?, Never>, ScheduledTimer?)
        case ended(Value?)
    }

    fileprivate let subject: UUID
    fileprivate let number: UInt64
    fileprivate let isMet: @Sendable (Value) -> Bool
    private let watches: Watches<Value>
    private let scheduler: any Scheduler
    private let state = Mutex(State.idle)

    fileprivate init(
        _ subject: UUID, number: UInt64, isMet: @escaping @Sendable (Value) -> Bool,
        among watches: Watches<Value>, scheduler: any Scheduler
    ) {
        self.subject = subject
        self.number = number
        self.isMet = isMet
        self.watches = watches
        self.scheduler = scheduler
    }

    /// The news, or nil when `ms` have passed before.
    public func value(withinMs ms: Int64) async -> Value? {
        let timer = scheduler.schedule(afterMs: ms) { self.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ended: State? = state.withLock { state in
                    if case .ended = state { return state }
                    state = .waiting(continuation, timer)
                    return nil
                }
                guard case .ended(let value) = ended else { return }
                timer.cancel()
                continuation.resume(returning: value)
            }
        } onCancel: {
            cancel()
        }
    }

    public func cancel() {
        if end(nil) { watches.remove(self) }
    }

    /// False when it had ended before.
    @discardableResult
    fileprivate func end(_ value: Value?) -> Bool {
        let before: State = state.withLock { state in
            let before = state
            if case .ended = before { return before }
            state = .ended(value)
            return before
        }
        if case .ended = before { return false }
        guard case .waiting(let continuation, let timer) = before else { return true }
        timer?.cancel()
        continuation.resume(returning: value)
        return true
    }
}
