internal import Lifecycle
internal import RPC

extension RetryPolicy {
    /// The pauses of sagas: 0.2 s doubling to 60 s, half of it drawn at random.
    static let saga = RetryPolicy(
        firstMs: 200, longestMs: 60_000, jitter: .shorter(percent: 50))

    /// The pause after an error: what it asks for if that is longer, but for no more than the
    /// longest, so that no peer puts a saga to sleep.
    func delayMs(
        for error: RPCError, after earlier: Int64, _ random: any RandomSource
    ) -> Int64 {
        min(longestMs, max(delayMs(after: earlier, random), error.retryAfterMs ?? 0))
    }
}
