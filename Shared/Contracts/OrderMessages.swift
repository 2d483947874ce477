public import FoundationEssentials
public import Lifecycle
internal import Text
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
    /// How many tickets the order has; none before it is COMPLETED.
    public let ticketsTotal: Int64
    /// The first of them.
    public let tickets: [Ticket]
    /// Where ListTickets goes on; nil when these are all.
    public let ticketsNext: String?

    public init(
        orderId: UUID, orderNumber: String, eventId: UUID, owner: String, contact: Contact,
        status: OrderStatus, totalQuantity: Int64, total: Money, tax: Money, paymentId: UUID?,
        provider: String?, paidAt: Instant, completedAt: Instant?, items: [PricedLine],
        ticketsTotal: Int64, tickets: [Ticket], ticketsNext: String?
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
        self.ticketsTotal = ticketsTotal
        self.tickets = tickets
        self.ticketsNext = ticketsNext
    }

    public static let fields = [
        Field("orderId", .id),
        Field("orderNumber", .text(maxBytes: 32)),
        Field("eventId", .id),
        Field("owner", .text(maxBytes: Bounds.ownerBytes)),
        Field("contact", .message(Contact.fields)),
        Field("status", .word(OrderStatus.all.map(\.word))),
        Field("totalQuantity", .integer(Bounds.ticketsPerOrder)),
        Money.field("total", 0...Int64.max),
        Money.field("tax", 0...Int64.max, "the part of the total that is tax"),
        Field("paymentId", .id, required: false),
        Field("provider", .text(maxBytes: 32), required: false),
        Field("paidAt", .instant),
        Field("completedAt", .instant, required: false),
        Field("items", .list(.message(PricedLine.fields), maxCount: Bounds.linesPerHold)),
        Field(
            "ticketsTotal", .integer(Bounds.ticketsPerOrder), "none before it is COMPLETED"),
        Field(
            "tickets", .list(.message(Ticket.fields), maxCount: Bounds.ticketsPerReply),
            "the first of them"),
        Field(
            "ticketsNext", .text(maxBytes: Paging.placeBytes), required: false,
            "after of orders.ListTickets, which has the rest; absent when these are all"),
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
        Field("index", .integer(Bounds.ticketsPerOrder)),
        Field("code", .text(maxBytes: 64)),
        Field("state", .word(["VALID"])),
    ]
}

public struct GetOrderRequest: Message {
    public let orderId: UUID

    public init(orderId: UUID) { self.orderId = orderId }

    public static let fields = [Field("orderId", .id)]
}

/// All tickets of an order, however many it has.
public struct ListTicketsRequest: Message {
    public let orderId: UUID
    public let after: String?
    public let limit: Int64?

    public init(orderId: UUID, after: String? = nil, limit: Int64? = nil) {
        self.orderId = orderId
        self.after = after
        self.limit = limit
    }

    public static let fields = [Field("orderId", .id), Paging.limit, Paging.after]
}

public struct ListTicketsReply: Message, Hashable {
    /// In the order of their `index`.
    public let tickets: [Ticket]
    public let next: String?

    public init(tickets: [Ticket], next: String?) {
        self.tickets = tickets
        self.next = next
    }

    public static let fields = [
        Field(
            "tickets", .list(.message(Ticket.fields), maxCount: 500), "in the order of index"),
        Paging.next,
    ]
}

/// Narrowed by owner and event where given.
public struct ListOrdersRequest: Message {
    public let owner: String?
    public let eventId: UUID?
    public let after: String?
    public let limit: Int64?

    public init(
        owner: String? = nil, eventId: UUID? = nil, after: String? = nil, limit: Int64? = nil
    ) {
        self.owner = owner
        self.eventId = eventId
        self.after = after
        self.limit = limit
    }

    public static let fields = [
        Field("owner", .text(maxBytes: Bounds.ownerBytes, .raw), required: false),
        Field("eventId", .id, required: false),
        Paging.limit, Paging.after,
    ]
}

public struct ListOrdersReply: Message {
    public let orders: [OrderSummary]
    public let next: String?

    public init(orders: [OrderSummary], next: String?) {
        self.orders = orders
        self.next = next
    }

    public static let fields = [
        Field("orders", .list(.message(OrderSummary.fields), maxCount: 500)),
        Paging.next,
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
        Field("totalQuantity", .integer(Bounds.ticketsPerOrder)),
        Money.field("total", 0...Int64.max),
        Field("paidAt", .instant),
    ]
}
