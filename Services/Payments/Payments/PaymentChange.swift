import Contracts
import Lifecycle

/// A payment after a decision, with all that must be committed together with it.
struct PaymentChange: Equatable, Sendable {
    var payment: Payment
    /// Kinds of facts to publish, in order; each carries the payment as it is here.
    var facts: [String] = []
    var bookings: [Booking] = []
    /// Money that must go back, though nobody asked for it.
    var obligation: Refund?

    init(_ payment: Payment) { self.payment = payment }

    /// Moves to another position and says so in the feed.
    mutating func move(to state: PaymentState, attempt: Int64? = nil) {
        payment.state = state
        payment.attempt = attempt ?? payment.attempt
        payment.tries = 0
        facts.append(state.fact)
    }

    /// Writes the intent of a call to the provider.
    mutating func intend(_ operation: Payment.Operation, now: Instant) {
        payment.operation = operation
        payment.tries = 0
        payment.nextTryAt = now.advanced(byMs: Patience.intentMs)
    }
}
