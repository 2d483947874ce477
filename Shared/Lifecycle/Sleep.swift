import Synchronization

extension Scheduler {
    /// Suspends for the time given, on this scheduler's clock; throws at once when cancelled.
    public func sleep(ms duration: Int64) async throws {
        try await sleep(ms: duration, until: Alarm())
    }

    /// The same, and over as soon as somebody ends the alarm.
    func sleep(ms duration: Int64, until alarm: Alarm) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard alarm.wait(continuation) else { return }
                alarm.set(schedule(afterMs: duration) { alarm.end(.success(())) })
            }
        } onCancel: {
            alarm.end(.failure(CancellationError()))
        }
    }
}

/// One sleeper: whichever comes first of its timer, its cancellation and another's word wakes it,
/// once.
final class Alarm: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Void, any Error>)
        case ended(Result<Void, any Error>)
    }

    private let state = Mutex(State.idle)
    private let timer = Mutex(ScheduledTimer?.none)

    /// False when the sleep was over before it began; the continuation is resumed then.
    func wait(_ continuation: CheckedContinuation<Void, any Error>) -> Bool {
        let over: Result<Void, any Error>? = state.withLock {
            if case .ended(let result) = $0 { return result }
            $0 = .waiting(continuation)
            return nil
        }
        if let over { continuation.resume(with: over) }
        return over == nil
    }

    func set(_ scheduled: ScheduledTimer) {
        let over = state.withLock { if case .ended = $0 { true } else { false } }
        if over { scheduled.cancel() } else { timer.withLock { $0 = scheduled } }
    }

    func end(_ result: Result<Void, any Error>) {
        let sleeper: CheckedContinuation<Void, any Error>? = state.withLock { state in
            switch state {
            case .ended: return nil
            case .idle:
                state = .ended(result)
                return nil
            case .waiting(let continuation):
                state = .ended(result)
                return continuation
            }
        }
        timer.withLock {
            $0?.cancel()
            $0 = nil
        }
        sleeper?.resume(with: result)
    }
}
