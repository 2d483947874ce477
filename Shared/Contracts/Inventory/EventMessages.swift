public import FoundationEssentials
public import Lifecycle
internal import Text
public import Wire

/// Makes an event. Its id is its key: the same request again answers the event as it is.
public struct CreateEventRequest: Message {
    public let eventId: UUID
    public let title: String
    public let description: String?
    public let location: String?
    public let startsAt: Instant
    public let endsAt: Instant?
    public let timezone: String?
    public let currency: Currency
    public let totalCapacity: Int64?
    public let feePerTicket: Money?
    public let salesStart: Instant?
    public let salesEnd: Instant?
    public let holdTtlMs: Int64?
    public let maxHoldMs: Int64?
    public let lateReclaim: Bool?
    public let openCheckouts: OpenCheckouts?

    public init(
        eventId: UUID, title: String, description: String? = nil, location: String? = nil,
        startsAt: Instant, endsAt: Instant? = nil, timezone: String? = nil, currency: Currency,
        totalCapacity: Int64? = nil, feePerTicket: Money? = nil, salesStart: Instant? = nil,
        salesEnd: Instant? = nil, holdTtlMs: Int64? = nil, maxHoldMs: Int64? = nil,
        lateReclaim: Bool? = nil, openCheckouts: OpenCheckouts? = nil
    ) {
        self.eventId = eventId
        self.title = title
        self.description = description
        self.location = location
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.timezone = timezone
        self.currency = currency
        self.totalCapacity = totalCapacity
        self.feePerTicket = feePerTicket
        self.salesStart = salesStart
        self.salesEnd = salesEnd
        self.holdTtlMs = holdTtlMs
        self.maxHoldMs = maxHoldMs
        self.lateReclaim = lateReclaim
        self.openCheckouts = openCheckouts
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        eventId = f("eventId", it, "made by the caller") { $0.eventId }
        title = f("title", it, .text(maxBytes: Bounds.nameBytes)) { $0.title }
        description = f(
            "description", it, .text(maxBytes: Bounds.textBytes, .prose)
        ) { $0.description }
        location = f("location", it, .text(maxBytes: Bounds.nameBytes)) { $0.location }
        startsAt = f("startsAt", it) { $0.startsAt }
        endsAt = f("endsAt", it) { $0.endsAt }
        timezone = f(
            "timezone", it, .text(maxBytes: 64), "IANA name, of the system's"
        ) { $0.timezone }
        currency = f(
            "currency", it, .code(.currency), "ISO 4217, of every price of the event"
        ) { $0.currency }
        totalCapacity = f(
            "totalCapacity", it, .integer(Bounds.capacity),
            "places of all ticket types together; absent: no limit"
        ) { $0.totalCapacity }
        feePerTicket = f(
            "feePerTicket", it, .money(Bounds.priceMinor),
            "what the buyer pays on top of each ticket that is not free"
        ) { $0.feePerTicket }
        salesStart = f("salesStart", it, "no sale before; absent: at once") { $0.salesStart }
        salesEnd = f("salesEnd", it, "no sale from then on; absent: never ends") { $0.salesEnd }
        holdTtlMs = f(
            "holdTtlMs", it, .integer(Bounds.holdMs),
            "how long a hold lasts when Reserve does not say; 900,000"
        ) { $0.holdTtlMs }
        maxHoldMs = f(
            "maxHoldMs", it, .integer(Bounds.holdMs),
            "how long a hold lasts at most, extensions included; 1,800,000"
        ) { $0.maxHoldMs }
        lateReclaim = f(
            "lateReclaim", it, "whether a payment that comes late may take free stock again; true"
        ) { $0.lateReclaim }
        openCheckouts = f(
            "openCheckouts", it,
            "whether an owner may have several at a time, or what becomes of them; REPLACE"
        ) { $0.openCheckouts }
    }
}

/// Puts a DRAFT or UNPUBLISHED event on sale.
public struct PublishEventRequest: Message {
    public let eventId: UUID
    /// The version that the caller saw; the event has the next one afterwards.
    public let expectedVersion: Int64

    public init(eventId: UUID, expectedVersion: Int64) {
        self.eventId = eventId
        self.expectedVersion = expectedVersion
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        eventId = f("eventId", it) { $0.eventId }
        expectedVersion = f(
            "expectedVersion", it, .integer(Bounds.version), "the version that you saw"
        ) { $0.expectedVersion }
    }
}

/// Its ticket types come a page at a time: most events have one page.
public struct GetEventRequest: Message {
    public let eventId: UUID
    public let after: String?
    public let limit: Int64?

    public init(eventId: UUID, after: String? = nil, limit: Int64? = nil) {
        self.eventId = eventId
        self.after = after
        self.limit = limit
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        eventId = f("eventId", it) { $0.eventId }
        after = f.after(it) { $0.after }
        limit = f.limit(it) { $0.limit }
    }
}

/// An event as it is, with what its holds go by.
public struct EventView: Message, Hashable {
    public let eventId: UUID
    public let title: String
    public let description: String?
    public let location: String?
    public let startsAt: Instant
    public let endsAt: Instant?
    public let timezone: String?
    public let currency: Currency
    public let feePerTicket: Money
    public let salesStart: Instant?
    public let salesEnd: Instant?
    public var status: EventStatus
    public let totalCapacity: Int64?
    public let holdTtlMs: Int64
    public let maxHoldMs: Int64
    public let lateReclaim: Bool
    public let openCheckouts: OpenCheckouts
    public var version: Int64
    /// Why nothing of it can be bought at the time of the answer; not stored.
    public var why: NotOnSale?

    public init(
        eventId: UUID, title: String, description: String?, location: String?, startsAt: Instant,
        endsAt: Instant?, timezone: String?, currency: Currency, feePerTicket: Money,
        salesStart: Instant?, salesEnd: Instant?, status: EventStatus, totalCapacity: Int64?,
        holdTtlMs: Int64, maxHoldMs: Int64, lateReclaim: Bool, openCheckouts: OpenCheckouts,
        version: Int64
    ) {
        self.eventId = eventId
        self.title = title
        self.description = description
        self.location = location
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.timezone = timezone
        self.currency = currency
        self.feePerTicket = feePerTicket
        self.salesStart = salesStart
        self.salesEnd = salesEnd
        self.status = status
        self.totalCapacity = totalCapacity
        self.holdTtlMs = holdTtlMs
        self.maxHoldMs = maxHoldMs
        self.lateReclaim = lateReclaim
        self.openCheckouts = openCheckouts
        self.version = version
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        eventId = f("eventId", it) { $0.eventId }
        title = f("title", it, .text(maxBytes: Bounds.nameBytes)) { $0.title }
        description = f(
            "description", it, .text(maxBytes: Bounds.textBytes, .prose)
        ) { $0.description }
        location = f("location", it, .text(maxBytes: Bounds.nameBytes)) { $0.location }
        startsAt = f("startsAt", it) { $0.startsAt }
        endsAt = f("endsAt", it) { $0.endsAt }
        timezone = f(
            "timezone", it, .text(maxBytes: 64), "IANA name, of the system's"
        ) { $0.timezone }
        currency = f(
            "currency", it, .code(.currencyCode),
            "ISO 4217, of every price of the event"
        ) { $0.currency }
        feePerTicket = f(
            "feePerTicket", it, .money(Bounds.priceMinor),
            "what the buyer pays on top of each ticket that is not free"
        ) { $0.feePerTicket }
        salesStart = f("salesStart", it, "no sale before; absent: at once") { $0.salesStart }
        salesEnd = f("salesEnd", it, "no sale from then on; absent: never ends") { $0.salesEnd }
        status = f("status", it) { $0.status }
        totalCapacity = f("totalCapacity", it, .integer(Bounds.capacity)) { $0.totalCapacity }
        holdTtlMs = f("holdTtlMs", it, .integer(Bounds.holdMs)) { $0.holdTtlMs }
        maxHoldMs = f("maxHoldMs", it, .integer(Bounds.holdMs)) { $0.maxHoldMs }
        lateReclaim = f("lateReclaim", it) { $0.lateReclaim }
        openCheckouts = f("openCheckouts", it) { $0.openCheckouts }
        version = f("version", it, .integer(Bounds.version)) { $0.version }
        why = f.whyNot(it) { $0.why }
    }
}

public struct EventReply: Message, Hashable {
    public let event: EventView
    public let ticketTypes: [TicketTypeView]
    /// Where GetEvent goes on.
    public let next: String?

    public init(event: EventView, ticketTypes: [TicketTypeView], next: String? = nil) {
        self.event = event
        self.ticketTypes = ticketTypes
        self.next = next
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        event = f("event", it) { $0.event }
        ticketTypes = f(
            "ticketTypes", it, .list(maxCount: 500), "in the order in which they are shown"
        ) { $0.ticketTypes }
        next = f(
            "next", it, .text(maxBytes: Paging.placeBytes),
            "after of inventory.GetEvent, which has the types that follow; absent at the end"
        ) { $0.next }
    }
}

/// The body of the facts `event.created` and `event.published`.
public struct EventFact: Message, Hashable {
    public let eventId: UUID
    public let status: EventStatus
    public let version: Int64

    public init(eventId: UUID, status: EventStatus, version: Int64) {
        self.eventId = eventId
        self.status = status
        self.version = version
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        eventId = f("eventId", it) { $0.eventId }
        status = f("status", it) { $0.status }
        version = f("version", it, .integer(Bounds.version)) { $0.version }
    }
}
