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

    public static let fields = [
        Field("paymentId", .id), Field("checkoutId", .id),
        Field(
            "state",
            .word([
                "CREATED", "REQUIRES_ACTION", "PROCESSING", "AUTHORISED", "VOIDED", "FAILED_FINAL",
                "CAPTURED",
            ])),
        Field("attempt", .integer(1...Int64.max), "counts from 1"),
        Money.field("amount", 0...Int64.max, required: false, "absent on a tombstone"),
        Money.field("authorised", 0...Int64.max, required: false),
        Money.field("captured", 0...Int64.max, required: false),
        Money.field("refundOwed", 0...Int64.max, required: false, "requested, settled or not"),
        Money.field("refunded", 0...Int64.max, required: false),
        Money.field("fee", 0...Int64.max, required: false, "what the provider keeps"),
        Field("provider", .text(maxBytes: 32), required: false),
        Field("captureMode", .word(["AUTH_CAPTURE", "SALE"]), required: false),
        Field("clientSecret", .text(maxBytes: 255), required: false, "for the provider's page"),
        Field(
            "lastError", .text(maxBytes: Bounds.nameBytes), required: false,
            "why the last attempt failed"),
        Field("createdAt", .instant), Field("version", .integer(1...Int64.max)),
    ]
}
