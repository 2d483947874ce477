internal import Synchronization

/// The wish to stop: triggered once, by a signal or by whoever cannot go on.
public final class Shutdown: Sendable {
    private struct State {
        var isTriggered = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    public init() {}

    public func trigger() {
        let waiters = state.withLock { state in
            state.isTriggered = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    public func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock {
                if !$0.isTriggered { $0.waiters.append(continuation) }
                return $0.isTriggered
            }
            if isOver { continuation.resume() }
        }
    }
}
