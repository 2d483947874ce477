public import FoundationEssentials
internal import Text
public import Wire

// A purchase step by step, as a person at a gateway makes it.

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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it, "the caller's id, best a UUIDv7") { $0.checkoutId }
        owner = f(
            "owner", it, .text(maxBytes: Bounds.ownerBytes), "who buys, as the gateway names them"
        ) { $0.owner }
        contact = f("contact", it) { $0.contact }
        eventId = f("eventId", it) { $0.eventId }
        items = f(
            "items", it, .list(maxCount: Bounds.linesPerHold), "each ticket type once"
        ) { $0.items }
        expectedTotal = f(
            "expectedTotal", it, .money(Bounds.priceMinor),
            "any other total ends the checkout at once"
        ) { $0.expectedTotal }
        holdTtlMs = f(
            "holdTtlMs", it, .integer(Bounds.holdMs),
            "time to pay; what the event gives when absent"
        ) { $0.holdTtlMs }
        waitMs = f(
            "waitMs", it, .integer(0...20_000), "how long to wait for the stock; 20,000 when absent"
        ) { $0.waitMs }
    }
}

/// Begins to pay. The attempt's id is the key; another attempt needs another id.
public struct StartPaymentRequest: Message, Hashable {
    public let checkoutId: UUID
    public let attemptId: UUID
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it) { $0.checkoutId }
        attemptId = f("attemptId", it, "the caller's id of this try") { $0.attemptId }
        provider = f(
            "provider", it, .text(maxBytes: 32), "needed unless the total is 0"
        ) { $0.provider }
        captureMode = f(
            "captureMode", it,
            "two steps, when absent, or one"
        ) { $0.captureMode }
        paymentMethod = f(
            "paymentMethod", it, .text(maxBytes: 255), "the provider's token"
        ) { $0.paymentMethod }
        waitMs = f(
            "waitMs", it, .integer(0...20_000),
            "how long to wait for what comes of it; 20,000 when absent"
        ) { $0.waitMs }
    }
}

public struct GetCheckoutRequest: Message {
    public let checkoutId: UUID

    public init(checkoutId: UUID) { self.checkoutId = checkoutId }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it) { $0.checkoutId }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it) { $0.checkoutId }
        sinceVersion = f(
            "sinceVersion", it, .integer(0...Int64.max), "answers once the version is greater"
        ) { $0.sinceVersion }
        waitMs = f("waitMs", it, .integer(0...20_000), "20,000 when absent") { $0.waitMs }
    }
}

public struct CancelCheckoutRequest: Message {
    public let checkoutId: UUID
    public let reason: String
    public let waitMs: Int64?

    public init(checkoutId: UUID, reason: String, waitMs: Int64? = nil) {
        self.checkoutId = checkoutId
        self.reason = reason
        self.waitMs = waitMs
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it) { $0.checkoutId }
        reason = f(
            "reason", it, .text(maxBytes: 255, .prose), "for those who read the history"
        ) { $0.reason }
        waitMs = f(
            "waitMs", it, .integer(0...20_000), "how long to wait for its end; 0 when absent"
        ) { $0.waitMs }
    }
}
