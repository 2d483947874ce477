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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        purchaseId = f("purchaseId", it, "the caller's id, best a UUIDv7") { $0.purchaseId }
        owner = f(
            "owner", it, .text(maxBytes: Bounds.ownerBytes), "who buys, as the gateway names them"
        ) { $0.owner }
        contact = f("contact", it) { $0.contact }
        eventId = f("eventId", it) { $0.eventId }
        items = f(
            "items", it, .list(maxCount: Bounds.linesPerHold), "each ticket type once"
        ) { $0.items }
        provider = f(
            "provider", it, .text(maxBytes: 32), "needed unless the total is 0"
        ) { $0.provider }
        paymentMethod = f(
            "paymentMethod", it, .text(maxBytes: 255), "the provider's token"
        ) { $0.paymentMethod }
        expectedTotal = f(
            "expectedTotal", it, .money(Bounds.priceMinor),
            "any other total ends the purchase before money moves"
        ) { $0.expectedTotal }
        waitMs = f(
            "waitMs", it, .integer(0...20_000), "how long to wait for the end; 20,000 when absent"
        ) { $0.waitMs }
    }
}

/// Where tickets and messages go.
public struct Contact: Message, Hashable {
    public let email: String
    public let name: String?

    public init(email: String, name: String? = nil) {
        self.email = email
        self.name = name
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        email = f("email", it, .text(maxBytes: 254, .email)) { $0.email }
        name = f("name", it, .text(maxBytes: 255)) { $0.name }
    }
}

/// Body of every fact in Orders' feed; amounts are 0 when nothing was priced.
public struct CheckoutFact: Message, Hashable {
    public let checkoutId: UUID
    public let eventId: UUID
    public let total: Money
    public let tax: Money

    public init(checkoutId: UUID, eventId: UUID, total: Money, tax: Money) {
        self.checkoutId = checkoutId
        self.eventId = eventId
        self.total = total
        self.tax = tax
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it) { $0.checkoutId }
        eventId = f("eventId", it) { $0.eventId }
        total = f("total", it, .money(0...Int64.max)) { $0.total }
        tax = f("tax", it, .money(0...Int64.max), "the part of the total that is tax") { $0.tax }
    }
}
