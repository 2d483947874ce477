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

    public static let known: [CaptureMode] = [.authCapture, .sale]
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

    public static let known: [PaymentState] = [
        .created, .requiresAction, .processing, .authorised, .voided, .failedFinal, .captured,
    ]
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        paymentId = f("paymentId", it, "the payment's id, and the key") { $0.paymentId }
        checkoutId = f("checkoutId", it, "what is paid for") { $0.checkoutId }
        eventId = f("eventId", it, "whose revenue it becomes") { $0.eventId }
        owner = f("owner", it, .text(maxBytes: 128), "the buyer") { $0.owner }
        amount = f("amount", it, .money(1...PaymentLimits.maxAmount)) { $0.amount }
        provider = f("provider", it, .text(maxBytes: 32), "such as sim") { $0.provider }
        captureMode = f(
            "captureMode", it, "two steps or one"
        ) { $0.captureMode }
        paymentMethod = f(
            "paymentMethod", it, .text(maxBytes: 255), "the provider's token"
        ) { $0.paymentMethod }
        expiresInMs = f(
            "expiresInMs", it, .integer(0...PaymentLimits.maxExpiryMs), "time for the buyer to act"
        ) { $0.expiresInMs }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        paymentId = f("paymentId", it) { $0.paymentId }
    }
}

public struct RefreshPaymentRequest: Message, Hashable {
    public let paymentId: UUID

    public init(paymentId: UUID) { self.paymentId = paymentId }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        paymentId = f("paymentId", it) { $0.paymentId }
    }
}

public struct CapturePaymentRequest: Message, Hashable {
    public let paymentId: UUID
    /// All of what was authorised.
    public let amount: Money

    public init(paymentId: UUID, amount: Money) {
        self.paymentId = paymentId
        self.amount = amount
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        paymentId = f("paymentId", it) { $0.paymentId }
        amount = f("amount", it, .money(1...PaymentLimits.maxAmount)) { $0.amount }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        paymentId = f("paymentId", it) { $0.paymentId }
        checkoutId = f("checkoutId", it) { $0.checkoutId }
        reason = f("reason", it, .text(maxBytes: 255, .prose), "for people") { $0.reason }
    }
}
