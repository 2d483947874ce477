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

    public static let fields =
        [
            Field("eventId", .id, "made by the caller"),
            Field("title", .text(maxBytes: Bounds.nameBytes)),
        ] + EventView.particulars(.currency) + [
            Field(
                "totalCapacity", .integer(Bounds.capacity), required: false,
                "places of all ticket types together; absent: no limit"),
            Field(
                "holdTtlMs", .integer(Bounds.holdMs), required: false,
                "how long a hold lasts when Reserve does not say; 900,000"),
            Field(
                "maxHoldMs", .integer(Bounds.holdMs), required: false,
                "how long a hold lasts at most, extensions included; 1,800,000"),
            Field(
                "lateReclaim", .flag, required: false,
                "whether a payment that comes late may take free stock again; true"),
            Field(
                "openCheckouts", .word(OpenCheckouts.known.map(\.rawValue)), required: false,
                "whether an owner may have several at a time, or what becomes of them; REPLACE"),
        ]
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

    public static let fields = [
        Field("eventId", .id),
        Field("expectedVersion", .integer(Bounds.version), "the version that you saw"),
    ]
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

    public static let fields = [Field("eventId", .id), Paging.limit, Paging.after]
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

    /// What the request that makes an event and the view of it say alike.
    static func particulars(_ currency: TextRule) -> [Field] {
        [
            Field("description", .text(maxBytes: Bounds.textBytes, .prose), required: false),
            Field("location", .text(maxBytes: Bounds.nameBytes), required: false),
            Field("startsAt", .instant),
            Field("endsAt", .instant, required: false),
            Field(
                "timezone", .text(maxBytes: 64), required: false, "IANA name, of the system's"),
            Field(
                "currency", .text(maxBytes: 3, currency), "ISO 4217, of every price of the event"),
            Money.field(
                "feePerTicket", Bounds.priceMinor, required: false,
                "what the buyer pays on top of each ticket that is not free"),
            Field("salesStart", .instant, required: false, "no sale before; absent: at once"),
            Field(
                "salesEnd", .instant, required: false, "no sale from then on; absent: never ends"),
        ]
    }

    public static let fields =
        [
            Field("eventId", .id), Field("title", .text(maxBytes: Bounds.nameBytes)),
        ] + particulars(.currencyCode) + [
            Field("status", .word(EventStatus.reached.map(\.rawValue))),
            Field("totalCapacity", .integer(Bounds.capacity), required: false),
            Field("holdTtlMs", .integer(Bounds.holdMs)),
            Field("maxHoldMs", .integer(Bounds.holdMs)),
            Field("lateReclaim", .flag),
            Field("openCheckouts", .word(OpenCheckouts.known.map(\.rawValue))),
            Field("version", .integer(Bounds.version)),
            Field.notOnSale,
        ]
}

public struct EventReply: Message, Hashable {
    public let event: EventView
    /// In the order in which they are shown.
    public let ticketTypes: [TicketTypeView]
    /// Where GetEvent goes on.
    public let next: String?

    public init(event: EventView, ticketTypes: [TicketTypeView], next: String? = nil) {
        self.event = event
        self.ticketTypes = ticketTypes
        self.next = next
    }

    public static let fields = [
        Field("event", .message(EventView.fields)),
        Field(
            "ticketTypes", .list(.message(TicketTypeView.fields), maxCount: 500),
            "in the order in which they are shown"),
        Field(
            "next", .text(maxBytes: Paging.placeBytes), required: false,
            "after of inventory.GetEvent, which has the types that follow; absent at the end"),
    ]
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

    public static let fields = [
        Field("eventId", .id),
        Field("status", .word(EventStatus.reached.map(\.rawValue))),
        Field("version", .integer(Bounds.version)),
    ]
}
