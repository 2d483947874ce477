public import FoundationEssentials
internal import Text
public import Wire

// The long way of a purchase, step by step, as a person at a gateway lives it.

/// Reserves. The id is the key: the same id with the same content is the same checkout.
public struct CreateCheckoutRequest: Message, Hashable {
    public let checkoutId: UUID
    public let owner: String
    public let contact: Contact
    public let eventId: UUID
    public let items: [HoldLine]
    /// What the buyer was shown; any other total ends the checkout at once.
    public let expectedTotal: Money?
    /// Less than what the event gives.
    public let holdTtlMs: Int64?
    public let waitMs: Int64?

    public init(
        checkoutId: UUID, owner: String, contact: Contact, eventId: UUID, items: [HoldLine],
        expectedTotal: Money? = nil, holdTtlMs: Int64? = nil, waitMs: Int64? = nil
    ) {
        self.checkoutId = checkoutId
        self.owner = owner
        self.contact = contact
        self.eventId = eventId
        self.items = items
        self.expectedTotal = expectedTotal
        self.holdTtlMs = holdTtlMs
        self.waitMs = waitMs
    }

    public static let fields = [
        Field("checkoutId", .id, "the caller's id, best a UUIDv7"),
        Field("owner", .text(maxBytes: Bounds.ownerBytes), "who buys, as the gateway names them"),
        Field("contact", .message(Contact.fields)),
        Field("eventId", .id),
        Field(
            "items", .list(.message(HoldLine.fields), maxCount: Bounds.linesPerHold),
            "each ticket type once"),
        Money.field(
            "expectedTotal", Bounds.priceMinor, required: false,
            "any other total ends the checkout at once"),
        Field(
            "holdTtlMs", .integer(Bounds.holdMs), required: false,
            "time to pay; what the event gives when absent"),
        Field(
            "waitMs", .integer(0...20_000), required: false,
            "how long to wait for the stock; 20,000 when absent"),
    ]
}

/// Begins to pay. The attempt's id is the key; another attempt needs another id.
public struct StartPaymentRequest: Message, Hashable {
    public let checkoutId: UUID
    public let attemptId: UUID
    /// Needed unless the total is 0.
    public let provider: String?
    public let captureMode: CaptureMode?
    /// The provider's token; absent when the buyer is to give it on the provider's page.
    public let paymentMethod: String?
    public let waitMs: Int64?

    public init(
        checkoutId: UUID, attemptId: UUID, provider: String? = nil,
        captureMode: CaptureMode? = nil, paymentMethod: String? = nil, waitMs: Int64? = nil
    ) {
        self.checkoutId = checkoutId
        self.attemptId = attemptId
        self.provider = provider
        self.captureMode = captureMode
        self.paymentMethod = paymentMethod
        self.waitMs = waitMs
    }

    public static let fields = [
        Field("checkoutId", .id),
        Field("attemptId", .id, "the caller's id of this try"),
        Field("provider", .text(maxBytes: 32), required: false, "needed unless the total is 0"),
        Field(
            "captureMode", .word(["AUTH_CAPTURE", "SALE"]), required: false,
            "two steps, when absent, or one"),
        Field("paymentMethod", .text(maxBytes: 255), required: false, "the provider's token"),
        Field(
            "waitMs", .integer(0...20_000), required: false,
            "how long to wait for what comes of it; 20,000 when absent"),
    ]
}

public struct GetCheckoutRequest: Message {
    public let checkoutId: UUID

    public init(checkoutId: UUID) { self.checkoutId = checkoutId }

    public static let fields = [Field("checkoutId", .id)]
}

public struct WatchCheckoutRequest: Message {
    public let checkoutId: UUID
    public let sinceVersion: Int64
    public let waitMs: Int64?

    public init(checkoutId: UUID, sinceVersion: Int64, waitMs: Int64? = nil) {
        self.checkoutId = checkoutId
        self.sinceVersion = sinceVersion
        self.waitMs = waitMs
    }

    public static let fields = [
        Field("checkoutId", .id),
        Field("sinceVersion", .integer(0...Int64.max), "answers once the version is greater"),
        Field("waitMs", .integer(0...20_000), required: false, "20,000 when absent"),
    ]
}

public struct CancelCheckoutRequest: Message {
    public let checkoutId: UUID
    /// For those who read the history.
    public let reason: String
    public let waitMs: Int64?

    public init(checkoutId: UUID, reason: String, waitMs: Int64? = nil) {
        self.checkoutId = checkoutId
        self.reason = reason
        self.waitMs = waitMs
    }

    public static let fields = [
        Field("checkoutId", .id),
        Field("reason", .text(maxBytes: 255, .prose), "for those who read the history"),
        Field(
            "waitMs", .integer(0...20_000), required: false,
            "how long to wait for its end; 0 when absent"),
    ]
}
