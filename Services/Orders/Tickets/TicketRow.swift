import Contracts
import Crypto
import FoundationEssentials
import Storage
import Wire

/// A ticket: written once, when its order is completed, with a state of its own from then on.
struct TicketRow: StoredRow, Hashable {
    static let table = TableLayout("ticket", of: Self.self)

    let orderID: UUID
    /// The place of this ticket within its order, from 0.
    let number: Int64
    let ticketID: UUID
    let ticketTypeID: UUID
    /// As earlier versions stored it, for the same ticket; nothing, since it is computed.
    var storedSecret: [UInt8] = []
    var state = TicketState.valid
    /// Whose it is, once it is another's than the order's.
    var owner: String?
    /// Whose name is on it, once somebody has said so.
    var holder = TicketHolder()
    /// How often it was issued anew: each time the codes of before are dead.
    var revision: Int64 = 0

    var key: OrderPartKey<Int64> { OrderPartKey(orderID: orderID, part: number) }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        let key = OrderPartKey<Int64>.walk(c, it, "number") { $0.key }
        (orderID, number) = (key.orderID, key.part)
        ticketID = c("ticket_id", it) { $0.ticketID }
        ticketTypeID = c("ticket_type_id", it) { $0.ticketTypeID }
        storedSecret = c("secret", it) { $0.storedSecret }
        state = c("state", it, as: State.self) { $0.state }
        owner = c("owner", it) { $0.owner }
        holder = TicketHolder(
            name: c("holder_name", it) { $0.holder.name },
            email: c("holder_email", it) { $0.holder.email })
        revision = c("revision", it) { $0.revision }
    }

    /// The ticket of an order that is being completed.
    init(orderID: UUID, number: Int64, ticketTypeID: UUID) {
        self.orderID = orderID
        self.number = number
        self.ticketTypeID = ticketTypeID
        ticketID = TicketMint.ticketID(orderID, number)
    }
}

extension TicketRow {
    /// Whoever shows a ticket is let in or not by its state: one that is none is corrupt.
    private enum State: ColumnForm {
        static func cell(of state: TicketState) -> TicketState { state }
        static var nothing: TicketState { .valid }

        static func value(in state: TicketState) throws -> TicketState {
            guard TicketState.known.contains(state) else {
                throw StorageError(.corrupt, "ticket: one is \(state.word)")
            }
            return state
        }
    }
}

struct TicketHolder: Hashable {
    var name: String?
    var email: String?
}

extension TicketMint {
    /// Whether it can be a ticket of its order.
    func made(_ ticket: TicketRow, key number: Int64) throws -> Bool {
        guard ticket.ticketID == Self.ticketID(ticket.orderID, ticket.number) else { return false }
        return try ticket.storedSecret.isEmpty
            || Digest.equal(ticket.storedSecret, secret(ticket.ticketID, key: number))
    }

    func code(of ticket: TicketRow, key number: Int64) throws -> String {
        Self.code(try secret(ticket.ticketID, revision: ticket.revision, key: number))
    }

    /// The tickets of these numbers, which go through all lines in their order.
    static func tickets(_ numbers: Range<Int64>, of checkout: Checkout) -> [TicketRow] {
        var tickets: [TicketRow] = []
        var first: Int64 = 0
        for line in checkout.lines {
            let end = first.addingReportingOverflow(max(0, line.quantity))
            let last = end.overflow ? .max : end.partialValue
            tickets += numbers.clamped(to: first..<last).map {
                TicketRow(orderID: checkout.id, number: $0, ticketTypeID: line.ticketTypeId)
            }
            first = last
        }
        return tickets
    }
}
