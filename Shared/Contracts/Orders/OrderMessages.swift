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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        orderId = f("orderId", it) { $0.orderId }
        orderNumber = f("orderNumber", it, .text(maxBytes: 32)) { $0.orderNumber }
        eventId = f("eventId", it) { $0.eventId }
        owner = f("owner", it, .text(maxBytes: Bounds.ownerBytes)) { $0.owner }
        contact = f("contact", it) { $0.contact }
        status = f("status", it) { $0.status }
        totalQuantity = f(
            "totalQuantity", it, .integer(Bounds.ticketsPerOrder)
        ) { $0.totalQuantity }
        total = f("total", it, .money(0...Int64.max)) { $0.total }
        tax = f("tax", it, .money(0...Int64.max), "the part of the total that is tax") { $0.tax }
        paymentId = f("paymentId", it) { $0.paymentId }
        provider = f("provider", it, .text(maxBytes: 32)) { $0.provider }
        paidAt = f("paidAt", it) { $0.paidAt }
        completedAt = f("completedAt", it) { $0.completedAt }
        items = f("items", it, .list(maxCount: Bounds.linesPerHold)) { $0.items }
        ticketsTotal = f(
            "ticketsTotal", it, .integer(Bounds.ticketsPerOrder), "none before it is COMPLETED"
        ) { $0.ticketsTotal }
        tickets = f(
            "tickets", it, .list(maxCount: Bounds.ticketsPerReply), "the first of them"
        ) { $0.tickets }
        ticketsNext = f(
            "ticketsNext", it, .text(maxBytes: Paging.placeBytes),
            "after of orders.ListTickets, which has the rest; absent when these are all"
        ) { $0.ticketsNext }
    }
}

public struct OrderStatus: Word {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let paid = OrderStatus("PAID")
    public static let completed = OrderStatus("COMPLETED")

    public static let known: [OrderStatus] = [.paid, .completed]
}

/// A right to enter. Who knows the code holds the ticket.
public struct Ticket: Message, Hashable {
    public let ticketId: UUID
    public let ticketTypeId: UUID
    /// The place of this ticket within its order, from 0.
    public let index: Int64
    /// Cannot be guessed, and is the same however often the order is completed.
    public let code: String
    public let state: TicketState

    public init(
        ticketId: UUID, ticketTypeId: UUID, index: Int64, code: String, state: TicketState
    ) {
        self.ticketId = ticketId
        self.ticketTypeId = ticketTypeId
        self.index = index
        self.code = code
        self.state = state
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        ticketId = f("ticketId", it) { $0.ticketId }
        ticketTypeId = f("ticketTypeId", it) { $0.ticketTypeId }
        index = f("index", it, .integer(Bounds.ticketsPerOrder)) { $0.index }
        code = f("code", it, .text(maxBytes: 64)) { $0.code }
        state = f("state", it) { $0.state }
    }
}

public struct TicketState: Word {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let valid = TicketState("VALID")
    public static let checkedIn = TicketState("CHECKED_IN")
    public static let void = TicketState("VOID")

    public static let known: [TicketState] = [.valid, .checkedIn, .void]
}

public struct GetOrderRequest: Message {
    public let orderId: UUID

    public init(orderId: UUID) { self.orderId = orderId }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        orderId = f("orderId", it) { $0.orderId }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        orderId = f("orderId", it) { $0.orderId }
        after = f.after(it) { $0.after }
        limit = f.limit(it) { $0.limit }
    }
}

public struct ListTicketsReply: Message, Hashable {
    public let tickets: [Ticket]
    public let next: String?

    public init(tickets: [Ticket], next: String?) {
        self.tickets = tickets
        self.next = next
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        tickets = f("tickets", it, .list(maxCount: 500), "in the order of index") { $0.tickets }
        next = f.next(it) { $0.next }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        owner = f("owner", it, .text(maxBytes: Bounds.ownerBytes, .raw)) { $0.owner }
        eventId = f("eventId", it) { $0.eventId }
        after = f.after(it) { $0.after }
        limit = f.limit(it) { $0.limit }
    }
}

public struct ListOrdersReply: Message {
    public let orders: [OrderSummary]
    public let next: String?

    public init(orders: [OrderSummary], next: String?) {
        self.orders = orders
        self.next = next
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        orders = f("orders", it, .list(maxCount: 500)) { $0.orders }
        next = f.next(it) { $0.next }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        orderId = f("orderId", it) { $0.orderId }
        orderNumber = f("orderNumber", it, .text(maxBytes: 32)) { $0.orderNumber }
        eventId = f("eventId", it) { $0.eventId }
        owner = f("owner", it, .text(maxBytes: Bounds.ownerBytes)) { $0.owner }
        status = f("status", it) { $0.status }
        totalQuantity = f(
            "totalQuantity", it, .integer(Bounds.ticketsPerOrder)
        ) { $0.totalQuantity }
        total = f("total", it, .money(0...Int64.max)) { $0.total }
        paidAt = f("paidAt", it) { $0.paidAt }
    }
}
