import Lifecycle

/// How long to wait before something is looked at again.
enum PaymentTimes {
    /// After an intent is committed: long enough for its own caller to bring the answer home.
    static let intentMs: Int64 = 15_000
    /// How long a provider's idempotency keys are trusted, of the 24 hours that are usual: after
    /// that, asking again could charge again.
    static let keyMs: Int64 = 20 * 3_600_000
    /// A payment that was in the provider's hands when it was voided is watched so long, in case
    /// its money comes all the same.
    static let watchMs: Int64 = 24 * 3_600_000
    /// Definite refusals of one refund before a human must decide.
    static let refundAttempts: Int64 = 5

    /// How long a webhook waits for a payment that nobody has heard of here.
    static let targetMs: Int64 = 24 * 3_600_000
    /// How long a webhook's id is remembered once it is over: far longer than providers send again.
    static let webhookMs: Int64 = 90 * 24 * 3_600_000

    /// The longest of the pauses below.
    static let longestPauseMs: Int64 = 300_000

    /// Between polls while the provider or the buyer is busy: 5, 15, 60 s, then 5 minutes.
    static func pollMs(tries: Int64) -> Int64 {
        switch tries {
        case ...0: 5_000
        case 1: 15_000
        case 2: 60_000
        default: longestPauseMs
        }
    }

    /// Before an unanswered call is made again: 0.2 s doubling to 60 s. What is uncertain must be
    /// known, so there is no last time.
    static func retryMs(tries: Int64) -> Int64 {
        RetryPolicy(firstMs: 200, longestMs: 60_000).delayMs(after: tries)
    }

    /// Before a webhook that could not be applied is looked at again: 1 s doubling to 5 minutes.
    static func webhookRetryMs(tries: Int64) -> Int64 {
        RetryPolicy(firstMs: 1_000, longestMs: longestPauseMs).delayMs(after: tries)
    }
}
