internal import Lifecycle
internal import Synchronization

extension RetryPolicy {
    /// Connections: 0.1 s × 1.6 up to 10 s ± 20 %.
    static let connect = RetryPolicy(
        firstMs: 100, growthPercent: 160, longestMs: 10_000, jitter: .around(percent: 20))
    /// Attempts of one call: 0.05 s doubling to 2 s ± 20 %.
    static let call = RetryPolicy(
        firstMs: 50, longestMs: 2_000, jitter: .around(percent: 20))
}

/// Keeps retries a small share of all calls, so that trouble is not multiplied: ten tokens, one a
/// retry, a tenth back a success; no retry from half the tokens down (gRPC's retry throttling).
final class RetryBudget: Sendable {
    private let tenths = Atomic<Int>(100)

    func succeeded() {
        let now = tenths.load(ordering: .relaxed)
        if now < 100 {
            // Lost to another thread, it is only a tenth that is not given back.
            _ = tenths.compareExchange(expected: now, desired: now + 1, ordering: .relaxed)
        }
    }

    /// True when a retry may be made; it is paid for then.
    func take() -> Bool {
        let now = tenths.load(ordering: .relaxed)
        guard now > 50 else { return false }
        return tenths.compareExchange(expected: now, desired: now - 10, ordering: .relaxed)
            .exchanged
    }
}
