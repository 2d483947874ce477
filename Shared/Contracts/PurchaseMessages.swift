public import FoundationEssentials
internal import Text
public import Wire

/// One purchase. Its id is the idempotency key: the same id with the same content is the same
/// purchase, however often it is sent.
public struct PurchaseRequest: Message, Hashable {
    public let purchaseId: UUID
    public let owner: String
    public let contact: Contact
    public let eventId: UUID
    public let items: [HoldLine]
    /// Needed unless the total is 0.
    public let provider: String?
    /// The provider's token for the buyer's means of payment; wiped once the purchase has ended.
    public let paymentMethod: String?
    /// What the buyer agreed to pay; any other total ends the purchase before money moves.
    public let expectedTotal: Money?
    public let waitMs: Int64?

    public init(
        purchaseId: UUID, owner: String, contact: Contact, eventId: UUID, items: [HoldLine],
        provider: String? = nil, paymentMethod: String? = nil, expectedTotal: Money? = nil,
        waitMs: Int64? = nil
    ) {
        self.purchaseId = purchaseId
        self.owner = owner
        self.contact = contact
        self.eventId = eventId
        self.items = items
        self.provider = provider
        self.paymentMethod = paymentMethod
        self.expectedTotal = expectedTotal
        self.waitMs = waitMs
    }

    public static let fields = [
        Field("purchaseId", .id, "the caller's id, best a UUIDv7"),
        Field("owner", .text(maxBytes: Bounds.ownerBytes), "who buys, as the gateway names them"),
        Field("contact", .message(Contact.fields)),
        Field("eventId", .id),
        Field(
            "items", .list(.message(HoldLine.fields), maxCount: Bounds.linesPerHold),
            "each ticket type once"),
        Field("provider", .text(maxBytes: 32), required: false, "needed unless the total is 0"),
        Field("paymentMethod", .text(maxBytes: 255), required: false, "the provider's token"),
        Money.field(
            "expectedTotal", Bounds.priceMinor, required: false,
            "any other total ends the purchase before money moves"),
        Field(
            "waitMs", .integer(0...20_000), required: false,
            "how long to wait for the end; 20,000 when absent"),
    ]
}

/// Where tickets and messages go.
public struct Contact: Message, Hashable {
    public let email: String
    public let name: String?

    public init(email: String, name: String? = nil) {
        self.email = email
        self.name = name
    }

    public static let fields = [
        Field("email", .text(maxBytes: 254, .email)),
        Field("name", .text(maxBytes: 255), required: false),
    ]
}

/// Body of every fact in Orders' feed; amounts are 0 when nothing was priced.
public struct OrderFact: Message, Hashable {
    public let checkoutId: UUID
    public let eventId: UUID
    public let total: Money
    /// The part of the total that is tax.
    public let tax: Money

    public init(checkoutId: UUID, eventId: UUID, total: Money, tax: Money) {
        self.checkoutId = checkoutId
        self.eventId = eventId
        self.total = total
        self.tax = tax
    }

    public static let fields = [
        Field("checkoutId", .id),
        Field("eventId", .id),
        Money.field("total", 0...Int64.max),
        Money.field("tax", 0...Int64.max, "the part of the total that is tax"),
    ]
}
