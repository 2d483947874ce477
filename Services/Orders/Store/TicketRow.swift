import Contracts
import Crypto
import FoundationEssentials
import Lifecycle
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
    /// As earlier versions stored it, for the same ticket; nothing, since it is computed.
    let storedSecret: [UInt8]
    let state: String

    var key: OrderPartKey<Int64> { OrderPartKey(orderID: orderID, part: number) }

    func write(to columns: inout ColumnWriter) {
        columns.append(orderID)
        columns.append(number)
        columns.append(ticketID)
        columns.append(ticketTypeID)
        columns.append(storedSecret)
        columns.append(state)
    }

    init(from columns: inout ColumnReader) throws {
        orderID = try columns.next()
        number = try columns.next()
        ticketID = try columns.next()
        ticketTypeID = try columns.next()
        storedSecret = try columns.next()
        state = try columns.next()
        guard state == Self.valid else {
            throw StorageError(.corrupt, "ticket: \(ticketID) is \(state)")
        }
    }

    init(
        orderID: UUID, number: Int64, ticketID: UUID, ticketTypeID: UUID,
        storedSecret: [UInt8] = []
    ) {
        self.orderID = orderID
        self.number = number
        self.ticketID = ticketID
        self.ticketTypeID = ticketTypeID
        self.storedSecret = storedSecret
        state = Self.valid
    }
}

extension TicketMint {
    func made(_ ticket: TicketRow, key number: Int64) throws -> Bool {
        guard ticket.ticketID == Self.ticketID(ticket.orderID, ticket.number) else { return false }
        return try ticket.storedSecret.isEmpty
            || Digest.equal(ticket.storedSecret, secret(ticket.ticketID, key: number))
    }

    func code(of ticket: TicketRow, key number: Int64) throws -> String {
        Self.code(try secret(ticket.ticketID, key: number))
    }

    /// Numbered through all lines in their order; the first so many of them.
    static func tickets(of checkout: Checkout, atMost most: Int = .max) -> [TicketRow] {
        var tickets: [TicketRow] = []
        for line in checkout.lines {
            for _ in 0..<max(0, line.quantity) {
                guard tickets.count < most else { return tickets }
                let number = Int64(tickets.count)
                tickets.append(
                    TicketRow(
                        orderID: checkout.id, number: number,
                        ticketID: ticketID(checkout.id, number), ticketTypeID: line.ticketTypeId))
            }
        }
        return tickets
    }
}
