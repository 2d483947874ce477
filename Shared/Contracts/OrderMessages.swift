public import FoundationEssentials
public import Lifecycle
public import Wire

/// An order: it exists only once the money is taken and the stock is fenced.
public struct OrderReply: Message, Hashable {
    /// The checkout's id.
    public let orderId: UUID
    /// Readable and unique, made from the id: groups of letters and digits, the last a check.
    public let orderNumber: String
    public let eventId: UUID
    public let owner: String
    public let contact: Contact
    public let status: OrderStatus
    public let totalQuantity: Int64
    public let total: Money
    /// The part of the total that is tax.
    public let tax: Money
    public let paymentId: UUID?
    public let provider: String?
    public let paidAt: Instant
    public let completedAt: Instant?
    public let items: [PricedLine]
    public let tickets: [Ticket]

    public init(
        orderId: UUID, orderNumber: String, eventId: UUID, owner: String, contact: Contact,
        status: OrderStatus, totalQuantity: Int64, total: Money, tax: Money, paymentId: UUID?,
        provider: String?, paidAt: Instant, completedAt: Instant?, items: [PricedLine],
        tickets: [Ticket]
    ) {
        self.orderId = orderId
        self.orderNumber = orderNumber
        self.eventId = eventId
        self.owner = owner
        self.contact = contact
        self.status = status
        self.totalQuantity = totalQuantity
        self.total = total
        self.tax = tax
        self.paymentId = paymentId
        self.provider = provider
        self.paidAt = paidAt
        self.completedAt = completedAt
        self.items = items
        self.tickets = tickets
    }

    public static let fields = [
        Field("orderId", .id),
        Field("orderNumber", .text(maxBytes: 32)),
        Field("eventId", .id),
        Field("owner", .text(maxBytes: Bounds.ownerBytes)),
        Field("contact", .message(Contact.fields)),
        Field("status", .word(OrderStatus.all.map(\.word))),
        Field("totalQuantity", .integer(0...20_000)),
        Money.field("total", 0...Int64.max),
        Money.field("tax", 0...Int64.max, "the part of the total that is tax"),
        Field("paymentId", .id, required: false),
        Field("provider", .text(maxBytes: 32), required: false),
        Field("paidAt", .instant),
        Field("completedAt", .instant, required: false),
        Field("items", .list(.message(PricedLine.fields), maxCount: Bounds.linesPerHold)),
        Field("tickets", .list(.message(Ticket.fields), maxCount: 8_000)),
    ]
}

public struct OrderStatus: Word {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let paid = OrderStatus("PAID")
    public static let completed = OrderStatus("COMPLETED")

    public static let all: [OrderStatus] = [.paid, .completed]
}

/// A right to enter. Who knows the code holds the ticket.
public struct Ticket: Message, Hashable {
    public let ticketId: UUID
    public let ticketTypeId: UUID
    /// The place of this ticket within its order, from 0.
    public let index: Int64
    /// Cannot be guessed, and is the same however often the order is completed.
    public let code: String
    public let state: String

    public init(ticketId: UUID, ticketTypeId: UUID, index: Int64, code: String, state: String) {
        self.ticketId = ticketId
        self.ticketTypeId = ticketTypeId
        self.index = index
        self.code = code
        self.state = state
    }

    public static let fields = [
        Field("ticketId", .id),
        Field("ticketTypeId", .id),
        Field("index", .integer(0...20_000)),
        Field("code", .text(maxBytes: 64)),
        Field("state", .word(["VALID"])),
    ]
}

public struct GetOrderRequest: Message {
    public let orderId: UUID

    public init(orderId: UUID) { self.orderId = orderId }

    public static let fields = [Field("orderId", .id)]
}

/// Narrowed by owner and event where given.
public struct ListOrdersRequest: Message {
    public let owner: String?
    public let eventId: UUID?
    /// The last order of the page before.
    public let after: UUID?
    public let limit: Int64?

    public init(
        owner: String? = nil, eventId: UUID? = nil, after: UUID? = nil, limit: Int64? = nil
    ) {
        self.owner = owner
        self.eventId = eventId
        self.after = after
        self.limit = limit
    }

    public static let fields = [
        Field("owner", .text(maxBytes: Bounds.ownerBytes), required: false),
        Field("eventId", .id, required: false),
        Field("after", .id, required: false, "the last order of the page before"),
        Field("limit", .integer(Bounds.page), required: false, "100 when absent"),
    ]
}

public struct ListOrdersReply: Message {
    public let orders: [OrderSummary]
    /// True when a page follows.
    public let hasMore: Bool

    public init(orders: [OrderSummary], hasMore: Bool) {
        self.orders = orders
        self.hasMore = hasMore
    }

    public static let fields = [
        Field("orders", .list(.message(OrderSummary.fields), maxCount: 500)),
        Field("hasMore", .flag),
    ]
}

public struct OrderSummary: Message, Hashable {
    public let orderId: UUID
    public let orderNumber: String
    public let eventId: UUID
    public let owner: String
    public let status: OrderStatus
    public let totalQuantity: Int64
    public let total: Money
    public let paidAt: Instant

    public init(
        orderId: UUID, orderNumber: String, eventId: UUID, owner: String, status: OrderStatus,
        totalQuantity: Int64, total: Money, paidAt: Instant
    ) {
        self.orderId = orderId
        self.orderNumber = orderNumber
        self.eventId = eventId
        self.owner = owner
        self.status = status
        self.totalQuantity = totalQuantity
        self.total = total
        self.paidAt = paidAt
    }

    public static let fields = [
        Field("orderId", .id),
        Field("orderNumber", .text(maxBytes: 32)),
        Field("eventId", .id),
        Field("owner", .text(maxBytes: Bounds.ownerBytes)),
        Field("status", .word(OrderStatus.all.map(\.word))),
        Field("totalQuantity", .integer(0...20_000)),
        Money.field("total", 0...Int64.max),
        Field("paidAt", .instant),
    ]
}
