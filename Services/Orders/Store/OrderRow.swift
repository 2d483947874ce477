import Contracts
import FoundationEssentials
import Lifecycle
import Storage

/// An order: it exists only once the money is taken and the stock is fenced.
struct OrderRow: StoredRow, Equatable {
    static let table = TableLayout(
        "ticket_order", key: ["order_id"],
        columns: [
            "order_id", "event_id", "owner", "email", "name", "status", "total_quantity",
            "tax_minor", "total_minor", "currency", "payment_id", "provider", "paid_at",
            "completed_at", "key_number", "owner_kind",
        ])

    let orderID: UUID
    let eventID: UUID
    let owner: String
    let contact: Contact
    let status: OrderStatus
    let totalQuantity: Int64
    let tax: Money
    let total: Money
    /// Nil when there was nothing to pay, as is the provider.
    let paymentID: UUID?
    let provider: String?
    let paidAt: Instant
    let completedAt: Instant?
    let keyNumber: Int64
    /// As in the checkout.
    private(set) var ownerKind: String

    var key: UUID { orderID }

    /// Equal, but that an instance of a release before owners had kinds notes none.
    func agrees(with expected: OrderRow) -> Bool {
        var order = self
        if order.ownerKind.isEmpty { order.ownerKind = expected.ownerKind }
        return order == expected
    }

    func write(to columns: inout ColumnWriter) {
        columns.append(orderID)
        columns.append(eventID)
        columns.append(owner)
        columns.append(contact.email)
        columns.append(contact.name)
        columns.append(status.word)
        columns.append(totalQuantity)
        columns.append(tax.amount)
        columns.append(total.amount)
        columns.append(total.currency.code)
        columns.append(paymentID)
        columns.append(provider)
        columns.append(paidAt)
        columns.append(completedAt)
        columns.append(keyNumber)
        columns.append(ownerKind)
    }

    init(from columns: inout ColumnReader) throws {
        orderID = try columns.next()
        eventID = try columns.next()
        owner = try columns.next()
        contact = Contact(email: try columns.next(), name: try columns.next())
        status = OrderStatus(try columns.next())
        totalQuantity = try columns.next()
        let (tax, total) = (try columns.next(Int64.self), try columns.next(Int64.self))
        let currency = Currency(try columns.next())
        self.tax = Money(tax, currency)
        self.total = Money(total, currency)
        paymentID = try columns.next()
        provider = try columns.next()
        paidAt = try columns.next()
        completedAt = try columns.next()
        keyNumber = try columns.next(Int64?.self) ?? TicketKeys.firstNumber
        ownerKind = try columns.next()
    }

    /// The order that a paid checkout has become.
    init(_ checkout: Checkout, _ totals: Totals) {
        let isFree = totals.total.amount == 0
        orderID = checkout.id
        eventID = checkout.eventID
        owner = checkout.owner
        contact = checkout.contact
        status = checkout.state == .completed ? .completed : .paid
        totalQuantity = checkout.quantity
        tax = totals.tax
        total = totals.total
        paymentID = isFree ? nil : checkout.paymentID
        provider = isFree ? nil : checkout.attempt?.provider ?? checkout.provider
        paidAt = checkout.paidAt ?? checkout.createdAt
        completedAt = checkout.endedAt
        keyNumber = checkout.keyNumber
        ownerKind = checkout.ownerKind
    }
}

/// So many tickets of a type at the price that was promised.
struct OrderItemRow: StoredRow {
    static let table = TableLayout(
        "order_item", key: ["order_id", "ticket_type_id"],
        columns: [
            "order_id", "ticket_type_id", "name", "quantity", "unit_price_minor", "fee_minor",
            "tax_minor", "currency",
        ])

    let orderID: UUID
    let line: PricedLine

    var key: OrderPartKey<UUID> { OrderPartKey(orderID: orderID, part: line.ticketTypeId) }

    init(orderID: UUID, line: PricedLine) {
        self.orderID = orderID
        self.line = line
    }

    func write(to columns: inout ColumnWriter) {
        columns.append(orderID)
        columns.append(line.ticketTypeId)
        columns.append(line.name)
        columns.append(line.quantity)
        columns.append(line.unitPrice.amount)
        columns.append(line.fee.amount)
        columns.append(line.tax.amount)
        columns.append(line.unitPrice.currency.code)
    }

    init(from columns: inout ColumnReader) throws {
        orderID = try columns.next()
        let (type, name) = (try columns.next(UUID.self), try columns.next(String.self))
        let quantity = try columns.next(Int64.self)
        let unitPrice = try columns.next(Int64.self)
        let (fee, tax) = (try columns.next(Int64.self), try columns.next(Int64.self))
        let currency = Currency(try columns.next())
        line = PricedLine(
            ticketTypeId: type, name: name, quantity: quantity,
            unitPrice: Money(unitPrice, currency), fee: Money(fee, currency),
            tax: Money(tax, currency))
    }
}

/// The key of what belongs to an order and has a place in it.
struct OrderPartKey<Part: Hashable & Bindable>: StoredKey {
    let orderID: UUID
    let part: Part

    func write(to columns: inout ColumnWriter) {
        columns.append(orderID)
        columns.append(part)
    }
}
