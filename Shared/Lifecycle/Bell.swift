import Synchronization

/// Wakes a job that waits for work. A ring while nobody waits is kept: the next wait is over at
/// once. One job waits at a time.
public final class Bell: Sendable {
    private enum State {
        case idle
        /// Rung since the last wait.
        case rung
        case waited(Alarm)
    }

    private let state = Mutex(State.idle)

    public init() {}

    public func ring() {
        let alarm: Alarm? = state.withLock { state in
            if case .waited(let alarm) = state {
                state = .idle
                return alarm
            }
            state = .rung
            return nil
        }
        alarm?.end(.success(()))
    }

    /// Until somebody rings, or for so many milliseconds; throws at once when cancelled.
    public func wait(ms duration: Int64, on scheduler: any Scheduler) async throws {
        let alarm = Alarm()
        let isRung = state.withLock { state in
            if case .rung = state {
                state = .idle
                return true
            }
            state = .waited(alarm)
            return false
        }
        guard !isRung else { return }
        defer { state.withLock { if case .waited = $0 { $0 = .idle } } }
        try await scheduler.sleep(ms: duration, until: alarm)
    }
}
