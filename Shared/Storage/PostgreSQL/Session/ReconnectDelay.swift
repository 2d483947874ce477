internal import Glibc
internal import Lifecycle

/// How long a thread of the database keeps trying to reach a server, with longer and longer pauses.
struct ReconnectDelay {
    private static let pauses = RetryPolicy(firstMs: 10, longestMs: 500)

    private let limitMs: Int64
    private var sinceMs: Int64?
    private var failures: Int64 = 0

    init(ms: Int64) { limitMs = ms }

    /// Begins anew with the next failure.
    mutating func succeed() {
        sinceMs = nil
        failures = 0
    }

    /// After a failure: pauses, or says that it has lasted too long.
    mutating func pause() -> Bool {
        let nowMs = Self.uptimeMs
        let since = sinceMs ?? nowMs
        sinceMs = since
        guard nowMs - since < limitMs else { return false }
        Self.sleep(ms: Self.pauses.delayMs(after: failures))
        failures += 1
        return true
    }

    static func sleep(ms: Int64) {
        var left = timespec(tv_sec: 0, tv_nsec: Int(ms) * 1_000_000)
        nanosleep(&left, nil)
    }

    private static var uptimeMs: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
