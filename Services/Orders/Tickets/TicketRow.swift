import Contracts
import Crypto
import FoundationEssentials
import Lifecycle
import Storage
import Wire

struct TicketRow: StoredRow {
    static let table = TableLayout("ticket", of: Self.self)

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

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        let key = OrderPartKey<Int64>.walk(c, it, "number") { $0.key }
        (orderID, number) = (key.orderID, key.part)
        ticketID = c("ticket_id", it) { $0.ticketID }
        ticketTypeID = c("ticket_type_id", it) { $0.ticketTypeID }
        storedSecret = c("secret", it) { $0.storedSecret }
        state = c("state", it, as: State.self) { $0.state }
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

extension TicketRow {
    /// There is no other yet.
    private enum State: ColumnForm {
        static func cell(of state: String) -> String { state }
        static var nothing: String { valid }

        static func value(in state: String) throws -> String {
            guard state == valid else { throw StorageError(.corrupt, "ticket: one is \(state)") }
            return state
        }
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
