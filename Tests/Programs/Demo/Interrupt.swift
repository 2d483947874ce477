import Dispatch
import Glibc

/// What happens on Ctrl-C and SIGTERM.
enum Interrupt {
    /// Must come before the first thread is made, so that no other thread takes the signals.
    static func block() {
        var signals = set()
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Runs on a thread of its own when a signal comes.
    static func handle(_ action: @escaping @Sendable (Int32) -> Void) {
        DispatchQueue(label: "interrupt").async {
            var signals = set()
            var signal: Int32 = 0
            guard sigwait(&signals, &signal) == 0 else { return }
            action(signal)
        }
    }

    private static func set() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        return signals
    }
}
