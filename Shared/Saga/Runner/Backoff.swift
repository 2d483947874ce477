internal import Lifecycle
internal import RPC

/// The pauses of sagas: 0.2 s, doubling to 60 s, half of it drawn at random, so that many who
/// failed together don't come back together.
enum Backoff {
    static let firstMs: Int64 = 200
    static let longestMs: Int64 = 60_000

    /// The pause after `attempt` earlier attempts.
    static func delayMs(attempt: Int64, _ random: any RandomSource) -> Int64 {
        let full = attempt >= 9 ? longestMs : min(longestMs, firstMs << max(0, attempt))
        return full / 2 + Int64(clamping: random.below(UInt64(full / 2 + 1)))
    }

    /// The pause after an error: what it asks for if that is longer, but for no more than the
    /// longest, so that no peer puts a saga to sleep.
    static func delayMs(
        after error: RPCError, attempt: Int64, _ random: any RandomSource
    ) -> Int64 {
        min(longestMs, max(delayMs(attempt: attempt, random), error.retryAfterMs ?? 0))
    }
}
