public import FoundationEssentials
public import Lifecycle
public import Wire

/// A payment as Payments knows it.
public struct PaymentReply: Message, Hashable {
    public let paymentId: UUID
    public let checkoutId: UUID
    public let state: PaymentState
    /// Counts from 1; a failed attempt that the buyer may repeat opens the next.
    public let attempt: Int64
    /// The snapshot to be paid; absent on a tombstone.
    public let amount: Money?
    /// Absent until there is any, as the other sums are.
    public let authorised: Money?
    public let captured: Money?
    /// Refunds requested, settled or not: once it is all that was captured, no money stays.
    public let refundOwed: Money?
    public let refunded: Money?
    /// What the provider keeps of it.
    public let fee: Money?
    public let provider: String?
    public let captureMode: CaptureMode?
    /// For the provider's page, while the buyer must act.
    public let clientSecret: String?
    /// Why the last attempt failed: the provider's word, or `AMOUNT_MISMATCH`.
    public let lastError: String?
    public let createdAt: Instant
    public let version: Int64

    public init(
        paymentId: UUID, checkoutId: UUID, state: PaymentState, attempt: Int64, amount: Money?,
        authorised: Money?, captured: Money?, refunded: Money?, fee: Money?, provider: String?,
        captureMode: CaptureMode?, clientSecret: String?, lastError: String?, createdAt: Instant,
        version: Int64, refundOwed: Money? = nil
    ) {
        self.paymentId = paymentId
        self.checkoutId = checkoutId
        self.state = state
        self.attempt = attempt
        self.amount = amount
        self.authorised = authorised
        self.captured = captured
        self.refundOwed = refundOwed
        self.refunded = refunded
        self.fee = fee
        self.provider = provider
        self.captureMode = captureMode
        self.clientSecret = clientSecret
        self.lastError = lastError?.clipped(to: Bounds.nameBytes)
        self.createdAt = createdAt
        self.version = version
    }

    /// Captured, and not owed back: money that came for what had been given up has no buyer.
    public var isKept: Bool {
        state == .captured && (refundOwed?.amount ?? 0) < (captured?.amount ?? 0)
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        paymentId = f("paymentId", it) { $0.paymentId }
        checkoutId = f("checkoutId", it) { $0.checkoutId }
        state = f(
            "state", it
        ) { $0.state }
        attempt = f("attempt", it, .integer(1...Int64.max), "counts from 1") { $0.attempt }
        amount = f("amount", it, .money(0...Int64.max), "absent on a tombstone") { $0.amount }
        authorised = f("authorised", it, .money(0...Int64.max)) { $0.authorised }
        captured = f("captured", it, .money(0...Int64.max)) { $0.captured }
        refundOwed = f(
            "refundOwed", it, .money(0...Int64.max), "requested, settled or not"
        ) { $0.refundOwed }
        refunded = f("refunded", it, .money(0...Int64.max)) { $0.refunded }
        fee = f("fee", it, .money(0...Int64.max), "what the provider keeps") { $0.fee }
        provider = f("provider", it, .text(maxBytes: 32)) { $0.provider }
        captureMode = f("captureMode", it) { $0.captureMode }
        clientSecret = f(
            "clientSecret", it, .text(maxBytes: 255), "for the provider's page"
        ) { $0.clientSecret }
        lastError = f(
            "lastError", it, .text(maxBytes: Bounds.nameBytes), "why the last attempt failed"
        ) { $0.lastError }
        createdAt = f("createdAt", it) { $0.createdAt }
        version = f("version", it, .integer(1...Int64.max)) { $0.version }
    }
}
