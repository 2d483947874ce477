internal import Glibc
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

    /// Turns SIGTERM and SIGINT into the wish to stop; a second one ends the process at once.
    /// To be called before any thread is started, so that all of them leave the signals alone.
    public func listenToSignals() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let shutdown = Unmanaged<Shutdown>.fromOpaque(argument).takeRetainedValue()
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGTERM)
                sigaddset(&signals, SIGINT)
                var number: Int32 = 0
                sigwait(&signals, &number)
                shutdown.trigger()
                sigwait(&signals, &number)
                _exit(128 + number)
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_detach(thread)
    }
}
