public import FoundationEssentials
public import Lifecycle
internal import Text
public import Wire

/// Why money goes back.
public struct RefundKind: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Paid, but no ticket could be given.
    public static let compensation = RefundKind("COMPENSATION")
    public static let buyer = RefundKind("BUYER")
    public static let organiser = RefundKind("ORGANISER")
    /// A second payment of the same checkout.
    public static let duplicate = RefundKind("DUPLICATE")
    /// The provider took another amount than it was asked for.
    public static let mismatch = RefundKind("MISMATCH")

    public static let known: [RefundKind] = [
        .compensation, .buyer, .organiser, .duplicate, .mismatch,
    ]
}

public struct RefundState: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Owed; the provider has not been asked, or refused the last attempt and is asked again.
    public static let requested = RefundState("REQUESTED")
    /// Asked; the answer is not known.
    public static let submitted = RefundState("SUBMITTED")
    public static let succeeded = RefundState("SUCCEEDED")
    /// Refused five times: a human must decide. Still owed.
    public static let parked = RefundState("PARKED")

    public static let known: [RefundState] = [.requested, .submitted, .succeeded, .parked]
}

/// The id is the key.
public struct RefundPaymentRequest: Message, Hashable {
    public let refundId: UUID
    public let paymentId: UUID
    public let amount: Money
    public let kind: RefundKind
    public let reason: String

    public init(refundId: UUID, paymentId: UUID, amount: Money, kind: RefundKind, reason: String) {
        self.refundId = refundId
        self.paymentId = paymentId
        self.amount = amount
        self.kind = kind
        self.reason = reason
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        refundId = f("refundId", it, "the refund's id, and the key") { $0.refundId }
        paymentId = f("paymentId", it) { $0.paymentId }
        amount = f("amount", it, .money(1...PaymentLimits.maxAmount)) { $0.amount }
        kind = f("kind", it) { $0.kind }
        reason = f("reason", it, .text(maxBytes: 255, .prose)) { $0.reason }
    }
}

public struct GetRefundRequest: Message, Hashable {
    public let refundId: UUID

    public init(refundId: UUID) { self.refundId = refundId }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        refundId = f("refundId", it) { $0.refundId }
    }
}

/// Asked again, it tries again: every try of a parked refund has a provider key of its own.
public struct RetryRefundRequest: Message, Hashable {
    public let refundId: UUID
    public let reason: String

    public init(refundId: UUID, reason: String) {
        self.refundId = refundId
        self.reason = reason
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        refundId = f("refundId", it) { $0.refundId }
        reason = f("reason", it, .text(maxBytes: 255, .prose), "for the log") { $0.reason }
    }
}

/// A refund: an obligation until it has SUCCEEDED.
public struct RefundReply: Message, Hashable {
    public let refundId: UUID
    public let paymentId: UUID
    public let checkoutId: UUID
    public let amount: Money
    public let kind: RefundKind
    public let state: RefundState
    /// Counts from 1; each definite refusal of the provider opens the next.
    public let attempt: Int64
    public let lastError: String?
    public let createdAt: Instant
    public let settledAt: Instant?

    public init(
        refundId: UUID, paymentId: UUID, checkoutId: UUID, amount: Money, kind: RefundKind,
        state: RefundState, attempt: Int64, lastError: String?, createdAt: Instant,
        settledAt: Instant?
    ) {
        self.refundId = refundId
        self.paymentId = paymentId
        self.checkoutId = checkoutId
        self.amount = amount
        self.kind = kind
        self.state = state
        self.attempt = attempt
        self.lastError = lastError?.clipped(to: Bounds.nameBytes)
        self.createdAt = createdAt
        self.settledAt = settledAt
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        refundId = f("refundId", it) { $0.refundId }
        paymentId = f("paymentId", it) { $0.paymentId }
        checkoutId = f("checkoutId", it) { $0.checkoutId }
        amount = f("amount", it, .money(0...Int64.max)) { $0.amount }
        kind = f("kind", it) { $0.kind }
        state = f("state", it) { $0.state }
        attempt = f("attempt", it, .integer(1...Int64.max)) { $0.attempt }
        lastError = f("lastError", it, .text(maxBytes: Bounds.nameBytes)) { $0.lastError }
        createdAt = f("createdAt", it) { $0.createdAt }
        settledAt = f("settledAt", it) { $0.settledAt }
    }
}
