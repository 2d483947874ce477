/// The arithmetic of retries: a delay that grows from try to try up to a longest one. Each caller
/// has figures of its own.
public struct RetryPolicy: Sendable {
    /// How a delay is drawn, so that many who failed together don't come back together.
    public enum Jitter: Sendable {
        case none
        /// Within this many percent on either side.
        case around(percent: Int64)
        /// By at most this many percent shorter.
        case shorter(percent: Int64)
    }

    /// The first delay, what each one multiplies it by (in percent), and the longest.
    public let firstMs: Int64
    public let growthPercent: Int64
    public let longestMs: Int64
    public let jitter: Jitter

    public init(
        firstMs: Int64, growthPercent: Int64 = 200, longestMs: Int64, jitter: Jitter = .none
    ) {
        self.firstMs = firstMs
        self.growthPercent = growthPercent
        self.longestMs = longestMs
        self.jitter = jitter
    }

    /// The delay after a failure, where `earlier` ones came before it; without jitter.
    public func delayMs(after earlier: Int64) -> Int64 {
        var (delay, left) = (firstMs, min(max(earlier, 0), 64))
        while left > 0, delay < longestMs {
            delay = delay * growthPercent / 100
            left -= 1
        }
        return min(delay, longestMs)
    }

    public func delayMs(after earlier: Int64, _ random: any RandomSource) -> Int64 {
        let delay = delayMs(after: earlier)
        switch jitter {
        case .none: return delay
        case .around(let percent):
            let spread = delay * percent / 100
            return delay - spread + Int64(clamping: random.below(UInt64(2 * spread + 1)))
        case .shorter(let percent):
            let spread = delay * percent / 100
            return delay - spread + Int64(clamping: random.below(UInt64(spread + 1)))
        }
    }
}
