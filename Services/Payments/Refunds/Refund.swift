import Contracts
import FoundationEssentials
import Lifecycle

/// Money owed to a buyer, from the moment it is requested until the provider has moved it.
struct Refund: Equatable, Sendable {
    let refundID: UUID
    let paymentID: UUID
    let checkoutID: UUID
    let provider: String
    let amount: Money
    let kind: RefundKind
    let reason: String
    var state: RefundState = .requested
    /// Part of the provider's key: only a definite refusal raises it.
    var attempt: Int64 = 1
    var lastError: String?
    let createdAt: Instant
    var settledAt: Instant?
    /// Nil once nobody must ask the provider any more.
    var nextTryAt: Instant?
    /// Asked without a definite answer since the last attempt began.
    var tries: Int64 = 0

    /// Whether the refund gives back money that the provider took in another amount than it was
    /// asked for. Such money is not in the payment's sums, so its return is not either.
    var isMismatchReturn: Bool { refundID == Refund.mismatchID(of: paymentID) }

    static func mismatchID(of paymentID: UUID) -> UUID { .derived(from: paymentID, "mismatch") }

    var key: ProviderKey { ProviderKey(refundID, .refund, attempt: attempt) }
}

extension RefundReply {
    init(_ refund: Refund) {
        self.init(
            refundId: refund.refundID, paymentId: refund.paymentID,
            checkoutId: refund.checkoutID, amount: refund.amount, kind: refund.kind,
            state: refund.state, attempt: refund.attempt, lastError: refund.lastError,
            createdAt: refund.createdAt, settledAt: refund.settledAt)
    }
}
