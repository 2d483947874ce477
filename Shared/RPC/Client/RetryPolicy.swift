public import Lifecycle
internal import Synchronization

/// When to try again: connections and calls have figures of their own and share this arithmetic.
public struct RetryPolicy: Sendable {
    /// The first delay, what each one multiplies it by (in percent), and the longest.
    public let firstMs: Int64
    public let growthPercent: Int64
    public let longestMs: Int64
    /// A delay is drawn within this many percent on either side.
    public let jitterPercent: Int64

    public init(firstMs: Int64, growthPercent: Int64, longestMs: Int64, jitterPercent: Int64) {
        self.firstMs = firstMs
        self.growthPercent = growthPercent
        self.longestMs = longestMs
        self.jitterPercent = jitterPercent
    }

    /// 0.1 s × 1.6 up to 10 s ± 20 %.
    public static let connect = RetryPolicy(
        firstMs: 100, growthPercent: 160, longestMs: 10_000, jitterPercent: 20)
    /// Attempts of one call.
    public static let call = RetryPolicy(
        firstMs: 50, growthPercent: 200, longestMs: 2_000, jitterPercent: 20)

    /// The delay before attempt `attempt + 1`, where the first attempt is number 1.
    public func delayMs(after attempt: Int, _ random: any RandomSource) -> Int64 {
        var delay = firstMs
        for _ in 1..<max(2, min(attempt, 64)) where attempt > 1 && delay < longestMs {
            delay = delay * growthPercent / 100
        }
        delay = min(delay, longestMs)
        let spread = delay * jitterPercent / 100
        return delay - spread + Int64(random.below(UInt64(2 * spread + 1)))
    }
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
