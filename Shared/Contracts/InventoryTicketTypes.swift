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

    public static let fields =
        [
            Field("ticketTypeId", .id, "made by the caller"),
            Field("eventId", .id),
            Field(
                "expectedVersion", .integer(Bounds.version), required: false,
                "the version that you replace; absent: make the type"),
        ] + TicketTypeView.particulars(areRequired: false)
}

public struct TicketTypeReply: Message, Hashable {
    public let ticketType: TicketTypeView

    public init(ticketType: TicketTypeView) { self.ticketType = ticketType }

    public static let fields = [Field("ticketType", .message(TicketTypeView.fields))]
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

    /// What the request that puts a type and the view of it say alike; in the request the ones
    /// with a default may be absent.
    static func particulars(areRequired: Bool) -> [Field] {
        [
            Field("name", .text(maxBytes: Bounds.nameBytes)),
            Field("description", .text(maxBytes: Bounds.textBytes, .prose), required: false),
            Money.field("price", Bounds.priceMinor, "in the event's currency, without fee and tax"),
            Field(
                "taxBasisPoints", .integer(Bounds.basisPoints), required: areRequired,
                "hundredths of a percent on price and fee; 0"),
            Field(
                "allocation", .integer(Bounds.capacity), required: false,
                "places of this type; absent: only the event's capacity limits it"),
            Field("isEnabled", .flag, required: areRequired, "true"),
            Field(
                "minPerOrder", .integer(Bounds.ticketsPerLine), required: areRequired, "1"),
            Field(
                "maxPerOrder", .integer(Bounds.ticketsPerLine), required: areRequired, "10"),
            Field(
                "perOwnerLimit", .integer(Bounds.ticketsPerLine), required: false,
                "tickets of this type that one owner may hold and buy together"),
            Field(
                "requiredEntitlements",
                .list(.text(maxBytes: Bounds.nameBytes), maxCount: 20), required: areRequired,
                "what the actor must be entitled to, all of it; none"),
            Field("salesStart", .instant, required: false, "within the event's own times"),
            Field("salesEnd", .instant, required: false),
            Field("sort", .integer(0...1_000_000), required: areRequired, "place in lists; 0"),
        ]
    }

    public static let fields =
        [Field("ticketTypeId", .id), Field("eventId", .id)]
        + particulars(areRequired: true)
        + [Field("version", .integer(Bounds.version)), Field.notOnSale]
}
