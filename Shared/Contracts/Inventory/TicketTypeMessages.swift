public import FoundationEssentials
public import Lifecycle
internal import Text
public import Wire

/// Makes a ticket type, or replaces one whole: what is absent goes back to its default.
///
/// Without `expectedVersion` it makes the type, and the same request again answers the type as it
/// is. With it, it replaces the version that the caller saw.
public struct PutTicketTypeRequest: Message {
    public let ticketTypeId: UUID
    public let eventId: UUID
    public let expectedVersion: Int64?
    public let name: String
    public let description: String?
    public let price: Money
    public let taxBasisPoints: Int64?
    public let allocation: Int64?
    public let isEnabled: Bool?
    public let minPerOrder: Int64?
    public let maxPerOrder: Int64?
    public let perOwnerLimit: Int64?
    public let requiredEntitlements: [String]?
    public let salesStart: Instant?
    public let salesEnd: Instant?
    public let sort: Int64?

    public init(
        ticketTypeId: UUID, eventId: UUID, expectedVersion: Int64? = nil, name: String,
        description: String? = nil, price: Money, taxBasisPoints: Int64? = nil,
        allocation: Int64? = nil, isEnabled: Bool? = nil, minPerOrder: Int64? = nil,
        maxPerOrder: Int64? = nil, perOwnerLimit: Int64? = nil,
        requiredEntitlements: [String]? = nil, salesStart: Instant? = nil,
        salesEnd: Instant? = nil, sort: Int64? = nil
    ) {
        self.ticketTypeId = ticketTypeId
        self.eventId = eventId
        self.expectedVersion = expectedVersion
        self.name = name
        self.description = description
        self.price = price
        self.taxBasisPoints = taxBasisPoints
        self.allocation = allocation
        self.isEnabled = isEnabled
        self.minPerOrder = minPerOrder
        self.maxPerOrder = maxPerOrder
        self.perOwnerLimit = perOwnerLimit
        self.requiredEntitlements = requiredEntitlements
        self.salesStart = salesStart
        self.salesEnd = salesEnd
        self.sort = sort
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        ticketTypeId = f("ticketTypeId", it, "made by the caller") { $0.ticketTypeId }
        eventId = f("eventId", it) { $0.eventId }
        expectedVersion = f(
            "expectedVersion", it, .integer(Bounds.version),
            "the version that you replace; absent: make the type"
        ) { $0.expectedVersion }
        name = f("name", it, .text(maxBytes: Bounds.nameBytes)) { $0.name }
        description = f(
            "description", it, .text(maxBytes: Bounds.textBytes, .prose)
        ) { $0.description }
        price = f(
            "price", it, .money(Bounds.priceMinor), "in the event's currency, without fee and tax"
        ) { $0.price }
        taxBasisPoints = f(
            "taxBasisPoints", it, .integer(Bounds.basisPoints),
            "hundredths of a percent on price and fee; 0"
        ) { $0.taxBasisPoints }
        allocation = f(
            "allocation", it, .integer(Bounds.capacity),
            "places of this type; absent: only the event's capacity limits it"
        ) { $0.allocation }
        isEnabled = f("isEnabled", it, "true") { $0.isEnabled }
        minPerOrder = f("minPerOrder", it, .integer(Bounds.ticketsPerLine), "1") { $0.minPerOrder }
        maxPerOrder = f("maxPerOrder", it, .integer(Bounds.ticketsPerLine), "10") { $0.maxPerOrder }
        perOwnerLimit = f(
            "perOwnerLimit", it, .integer(Bounds.ticketsPerLine),
            "tickets of this type that one owner may hold and buy together"
        ) { $0.perOwnerLimit }
        requiredEntitlements = f(
            "requiredEntitlements", it, .list(.text(maxBytes: Bounds.nameBytes), maxCount: 20),
            "what the actor must be entitled to, all of it; none"
        ) { $0.requiredEntitlements }
        salesStart = f("salesStart", it, "within the event's own times") { $0.salesStart }
        salesEnd = f("salesEnd", it) { $0.salesEnd }
        sort = f("sort", it, .integer(0...1_000_000), "place in lists; 0") { $0.sort }
    }
}

public struct TicketTypeReply: Message, Hashable {
    public let ticketType: TicketTypeView

    public init(ticketType: TicketTypeView) { self.ticketType = ticketType }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        ticketType = f("ticketType", it) { $0.ticketType }
    }
}

public struct TicketTypeView: Message, Hashable {
    public let ticketTypeId: UUID
    public let eventId: UUID
    public let name: String
    public let description: String?
    public let price: Money
    public let taxBasisPoints: Int64
    public let allocation: Int64?
    public let isEnabled: Bool
    public let minPerOrder: Int64
    public let maxPerOrder: Int64
    public let perOwnerLimit: Int64?
    public let requiredEntitlements: [String]
    public let salesStart: Instant?
    public let salesEnd: Instant?
    public let sort: Int64
    public let version: Int64
    /// Why it cannot be bought at the time of the answer; not stored.
    public var why: NotOnSale?

    public init(
        ticketTypeId: UUID, eventId: UUID, name: String, description: String?, price: Money,
        taxBasisPoints: Int64, allocation: Int64?, isEnabled: Bool, minPerOrder: Int64,
        maxPerOrder: Int64, perOwnerLimit: Int64?, requiredEntitlements: [String],
        salesStart: Instant?, salesEnd: Instant?, sort: Int64, version: Int64
    ) {
        self.ticketTypeId = ticketTypeId
        self.eventId = eventId
        self.name = name
        self.description = description
        self.price = price
        self.taxBasisPoints = taxBasisPoints
        self.allocation = allocation
        self.isEnabled = isEnabled
        self.minPerOrder = minPerOrder
        self.maxPerOrder = maxPerOrder
        self.perOwnerLimit = perOwnerLimit
        self.requiredEntitlements = requiredEntitlements
        self.salesStart = salesStart
        self.salesEnd = salesEnd
        self.sort = sort
        self.version = version
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        ticketTypeId = f("ticketTypeId", it) { $0.ticketTypeId }
        eventId = f("eventId", it) { $0.eventId }
        name = f("name", it, .text(maxBytes: Bounds.nameBytes)) { $0.name }
        description = f(
            "description", it, .text(maxBytes: Bounds.textBytes, .prose)
        ) { $0.description }
        price = f(
            "price", it, .money(Bounds.priceMinor), "in the event's currency, without fee and tax"
        ) { $0.price }
        taxBasisPoints = f(
            "taxBasisPoints", it, .integer(Bounds.basisPoints),
            "hundredths of a percent on price and fee; 0"
        ) { $0.taxBasisPoints }
        allocation = f(
            "allocation", it, .integer(Bounds.capacity),
            "places of this type; absent: only the event's capacity limits it"
        ) { $0.allocation }
        isEnabled = f("isEnabled", it, "true") { $0.isEnabled }
        minPerOrder = f("minPerOrder", it, .integer(Bounds.ticketsPerLine), "1") { $0.minPerOrder }
        maxPerOrder = f("maxPerOrder", it, .integer(Bounds.ticketsPerLine), "10") { $0.maxPerOrder }
        perOwnerLimit = f(
            "perOwnerLimit", it, .integer(Bounds.ticketsPerLine),
            "tickets of this type that one owner may hold and buy together"
        ) { $0.perOwnerLimit }
        requiredEntitlements = f(
            "requiredEntitlements", it, .list(.text(maxBytes: Bounds.nameBytes), maxCount: 20),
            "what the actor must be entitled to, all of it; none"
        ) { $0.requiredEntitlements }
        salesStart = f("salesStart", it, "within the event's own times") { $0.salesStart }
        salesEnd = f("salesEnd", it) { $0.salesEnd }
        sort = f("sort", it, .integer(0...1_000_000), "place in lists; 0") { $0.sort }
        version = f("version", it, .integer(Bounds.version)) { $0.version }
        why = f.whyNot(it) { $0.why }
    }
}
