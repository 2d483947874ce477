import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Wire

/// An order: it exists only once the money is taken and the stock is fenced.
struct OrderRow: StoredRow, Equatable {
    static let table = TableLayout("ticket_order", of: Self.self)

    let orderID: UUID
    let eventID: UUID
    let owner: String
    let contact: Contact
    private(set) var status: OrderStatus
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

    /// Equal in what does not change after the sale: its status does. An instance of a release
    /// before owners had kinds notes none.
    func agrees(with expected: OrderRow) -> Bool {
        guard OrderStatus.known.contains(status) else { return false }
        var order = self
        order.status = expected.status
        if order.ownerKind.isEmpty { order.ownerKind = expected.ownerKind }
        return order == expected
    }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        orderID = c("order_id", it) { $0.orderID }
        eventID = c("event_id", it) { $0.eventID }
        owner = c("owner", it) { $0.owner }
        contact = Contact(
            email: c("email", it) { $0.contact.email }, name: c("name", it) { $0.contact.name })
        status = c("status", it) { $0.status }
        totalQuantity = c("total_quantity", it) { $0.totalQuantity }
        let tax = c("tax_minor", it) { $0.tax.amount }
        let total = c("total_minor", it) { $0.total.amount }
        let currency = Currency(c("currency", it) { $0.total.currency.code })
        self.tax = Money(tax, currency)
        self.total = Money(total, currency)
        paymentID = c("payment_id", it) { $0.paymentID }
        provider = c("provider", it) { $0.provider }
        paidAt = c("paid_at", it) { $0.paidAt }
        completedAt = c("completed_at", it) { $0.completedAt }
        keyNumber = c("key_number", it, as: KeyNumber.self) { $0.keyNumber }
        ownerKind = c("owner_kind", it) { $0.ownerKind }
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
        provider = isFree ? nil : checkout.payment.attempt?.provider ?? checkout.provider
        paidAt = checkout.paidAt ?? checkout.createdAt
        completedAt = checkout.endedAt
        keyNumber = checkout.keyNumber
        ownerKind = checkout.ownerKind
    }
}

/// So many tickets of a type at the price that was promised.
struct OrderItemRow: StoredRow {
    static let table = TableLayout("order_item", of: Self.self)

    let orderID: UUID
    let line: PricedLine

    var key: OrderPartKey<UUID> { OrderPartKey(orderID: orderID, part: line.ticketTypeId) }

    init(orderID: UUID, line: PricedLine) {
        self.orderID = orderID
        self.line = line
    }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        let key = OrderPartKey<UUID>.walk(c, it, "ticket_type_id") { $0.key }
        orderID = key.orderID
        let name = c("name", it) { $0.line.name }
        let quantity = c("quantity", it) { $0.line.quantity }
        let unitPrice = c("unit_price_minor", it) { $0.line.unitPrice.amount }
        let fee = c("fee_minor", it) { $0.line.fee.amount }
        let tax = c("tax_minor", it) { $0.line.tax.amount }
        let currency = Currency(c("currency", it) { $0.line.unitPrice.currency.code })
        line = PricedLine(
            ticketTypeId: key.part, name: name, quantity: quantity,
            unitPrice: Money(unitPrice, currency), fee: Money(fee, currency),
            tax: Money(tax, currency))
    }
}

/// The key of what belongs to an order and has a place in it.
struct OrderPartKey<Part: Hashable & Bindable>: StoredKey {
    let orderID: UUID
    let part: Part

    static var width: Int { 2 }

    /// The column of the part has a name of its own in each table.
    static func walk<Row>(
        _ c: some ColumnWalk, _ it: Written<Row>, _ name: StaticString, _ get: (Row) -> Self
    ) -> Self {
        Self(
            orderID: c("order_id", it) { get($0).orderID }, part: c(name, it) { get($0).part })
    }

    func write(to columns: inout ColumnWriter) {
        columns.append(orderID)
        columns.append(part)
    }
}

/// Rows from before keys had numbers are of the first.
enum KeyNumber: ColumnForm {
    static func cell(of number: Int64) -> Int64? { number }
    static func value(in cell: Int64?) -> Int64 { cell ?? TicketKeys.firstNumber }
    static var nothing: Int64 { TicketKeys.firstNumber }
}
