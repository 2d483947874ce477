import Contracts
import FoundationEssentials
import Storage

struct TicketRow: StoredRow {
    static let table = TableLayout(
        "ticket", key: ["order_id", "number"],
        columns: ["order_id", "number", "ticket_id", "ticket_type_id", "secret", "state"])

    static let valid = "VALID"

    let orderID: UUID
    /// The place of this ticket within its order, from 0.
    let number: Int64
    let ticketID: UUID
    let ticketTypeID: UUID
    /// Never indexed, so that nothing can look for it but by the ticket.
    let secret: [UInt8]
    let state: String

    var key: OrderPartKey<Int64> { OrderPartKey(orderID: orderID, part: number) }

    func write(to columns: inout ColumnWriter) {
        columns.append(orderID)
        columns.append(number)
        columns.append(ticketID)
        columns.append(ticketTypeID)
        columns.append(secret)
        columns.append(state)
    }

    init(from columns: inout ColumnReader) throws {
        orderID = try columns.next()
        number = try columns.next()
        ticketID = try columns.next()
        ticketTypeID = try columns.next()
        secret = try columns.next()
        state = try columns.next()
        guard state == Self.valid else {
            throw StorageError(.corrupt, "ticket: \(ticketID) is \(state)")
        }
    }

    init(
        orderID: UUID, number: Int64, ticketID: UUID, ticketTypeID: UUID, secret: [UInt8]
    ) {
        self.orderID = orderID
        self.number = number
        self.ticketID = ticketID
        self.ticketTypeID = ticketTypeID
        self.secret = secret
        state = Self.valid
    }
}

extension TicketMint {
    func made(_ ticket: TicketRow) -> Bool {
        ticket.ticketID == Self.ticketID(ticket.orderID, ticket.number)
            && ticket.secret == secret(ticket.ticketID)
    }

    /// Numbered through all lines in their order; the first so many of them.
    func tickets(of checkout: Checkout, atMost most: Int = .max) -> [TicketRow] {
        var tickets: [TicketRow] = []
        for line in checkout.lines {
            for _ in 0..<max(0, line.quantity) {
                guard tickets.count < most else { return tickets }
                let number = Int64(tickets.count)
                let id = Self.ticketID(checkout.id, number)
                tickets.append(
                    TicketRow(
                        orderID: checkout.id, number: number, ticketID: id,
                        ticketTypeID: line.ticketTypeId, secret: secret(id)))
            }
        }
        return tickets
    }
}
