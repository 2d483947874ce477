public import FoundationEssentials
internal import Text
public import Wire

/// Whether money is taken in one step or in two.
public struct CaptureMode: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Authorise now, capture or void later.
    public static let authCapture = CaptureMode("AUTH_CAPTURE")
    /// Authorise and capture at once.
    public static let sale = CaptureMode("SALE")
}

/// Where a payment stands. Within one attempt it only moves up in rank.
public struct PaymentState: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let created = PaymentState("CREATED")
    /// The buyer must do something, with `clientSecret`.
    public static let requiresAction = PaymentState("REQUIRES_ACTION")
    /// In the provider's hands; it may take days.
    public static let processing = PaymentState("PROCESSING")
    public static let authorised = PaymentState("AUTHORISED")
    public static let voided = PaymentState("VOIDED")
    /// Declined or lapsed for good: a retry is another payment.
    public static let failedFinal = PaymentState("FAILED_FINAL")
    public static let captured = PaymentState("CAPTURED")
}

/// The id is the key. The provider's idempotency keys derive from it.
public struct CreatePaymentRequest: Message, Hashable {
    public let paymentId: UUID
    public let checkoutId: UUID
    public let eventId: UUID
    public let owner: String
    public let amount: Money
    /// `sim`, …
    public let provider: String
    public let captureMode: CaptureMode
    /// The provider's token for the buyer's means of payment; absent when the buyer is to give it
    /// on the provider's page.
    public let paymentMethod: String?
    /// How long the buyer has for what the provider asks of them, in milliseconds.
    public let expiresInMs: Int64

    public init(
        paymentId: UUID, checkoutId: UUID, eventId: UUID, owner: String, amount: Money,
        provider: String, captureMode: CaptureMode, paymentMethod: String?, expiresInMs: Int64
    ) {
        self.paymentId = paymentId
        self.checkoutId = checkoutId
        self.eventId = eventId
        self.owner = owner
        self.amount = amount
        self.provider = provider
        self.captureMode = captureMode
        self.paymentMethod = paymentMethod
        self.expiresInMs = expiresInMs
    }

    public static let fields = [
        Field("paymentId", .id, "the payment's id, and the key"),
        Field("checkoutId", .id, "what is paid for"),
        Field("eventId", .id, "whose revenue it becomes"),
        Field("owner", .text(maxBytes: 128), "the buyer"),
        Money.field("amount", 1...PaymentLimits.maxAmount),
        Field("provider", .text(maxBytes: 32), "such as sim"),
        Field("captureMode", .word(["AUTH_CAPTURE", "SALE"]), "two steps or one"),
        Field("paymentMethod", .text(maxBytes: 255), required: false, "the provider's token"),
        Field("expiresInMs", .integer(0...PaymentLimits.maxExpiryMs), "time for the buyer to act"),
    ]
}

/// Bounds that keep sums of amounts far from the ends of Int64.
public enum PaymentLimits {
    /// Minor units of one payment.
    public static let maxAmount: Int64 = 1_000_000_000_000
    /// 31 days.
    public static let maxExpiryMs: Int64 = 2_678_400_000
}

public struct GetPaymentRequest: Message, Hashable {
    public let paymentId: UUID

    public init(paymentId: UUID) { self.paymentId = paymentId }

    public static let fields = [Field("paymentId", .id)]
}

public struct RefreshPaymentRequest: Message, Hashable {
    public let paymentId: UUID

    public init(paymentId: UUID) { self.paymentId = paymentId }

    public static let fields = [Field("paymentId", .id)]
}

public struct CapturePaymentRequest: Message, Hashable {
    public let paymentId: UUID
    /// All of what was authorised.
    public let amount: Money

    public init(paymentId: UUID, amount: Money) {
        self.paymentId = paymentId
        self.amount = amount
    }

    public static let fields = [
        Field("paymentId", .id), Money.field("amount", 1...PaymentLimits.maxAmount),
    ]
}

public struct VoidPaymentRequest: Message, Hashable {
    public let paymentId: UUID
    /// The tombstone of an unknown id remembers it.
    public let checkoutId: UUID
    public let reason: String

    public init(paymentId: UUID, checkoutId: UUID, reason: String) {
        self.paymentId = paymentId
        self.checkoutId = checkoutId
        self.reason = reason
    }

    public static let fields = [
        Field("paymentId", .id), Field("checkoutId", .id),
        Field("reason", .text(maxBytes: 255, .prose), "for people"),
    ]
}
