import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Storage

/// What is asked of the database without changing it.
struct OrderQueries: Sendable {
    let database: Database
    let mint: TicketMint

    /// Throws `corrupt` rather than give out a ticket that the order cannot have made.
    func order(_ id: UUID, for call: CallContext) async throws -> OrderReply {
        try await database.read { [mint] reader in
            guard let order = try reader.find(OrderRow.self, id), call.mayTouch(order) else {
                throw RPCError.unknown(.order, id)
            }
            return try Self.reply(order, Self.lines(of: order, in: reader), mint, in: reader)
        }
    }

    /// What has come of a completed checkout. Throws `corrupt` when it contradicts the checkout.
    func order(of checkout: Checkout) async throws -> OrderReply {
        try await database.read { [mint] reader in
            guard let totals = checkout.totals,
                let order = try reader.find(OrderRow.self, checkout.id),
                order.agrees(with: OrderRow(checkout, totals))
            else { throw Self.contradicts(checkout) }
            let lines = try Self.lines(of: order, in: reader)
            guard Set(lines) == Set(checkout.lines) else { throw Self.contradicts(checkout) }
            return try Self.reply(order, lines, mint, in: reader)
        }
    }

    private static func contradicts(_ checkout: Checkout) -> StorageError {
        StorageError(.corrupt, "checkout: \(checkout.id) says other than its order")
    }

    private static func lines(of order: OrderRow, in reader: Reader) throws -> [PricedLine] {
        try reader.select(
            OrderItemRow.self, where: "order_id = \(order.orderID) ORDER BY ticket_type_id"
        ).map(\.line)
    }

    private static func reply(
        _ order: OrderRow, _ lines: [PricedLine], _ mint: TicketMint, in reader: Reader
    ) throws -> OrderReply {
        let tickets = try tickets(
            of: order, after: nil, limit: Int64(Bounds.ticketsPerReply), mint, in: reader)
        return try CheckoutView.reply(order, lines, tickets, mint)
    }

    func tickets(
        _ request: ListTicketsRequest, for call: CallContext
    ) async throws -> ListTicketsReply {
        let page = try Page<Ticket, Int64>(
            of: OrdersAPI.listTickets.name, among: [request.orderId.text],
            after: request.after, limit: request.limit)
        return try await database.read { [mint] reader in
            guard let order = try reader.find(OrderRow.self, request.orderId),
                call.mayTouch(order)
            else {
                throw RPCError.unknown(.order, request.orderId)
            }
            var page = page
            let tickets = try Self.tickets(
                of: order, after: page.after, limit: page.rowsToRead, mint, in: reader)
            for ticket in tickets {
                guard try page.take(CheckoutView.ticket(ticket, of: order, mint), at: ticket.number)
                else { break }
            }
            return ListTicketsReply(tickets: page.rows, next: page.next)
        }
    }

    private static func tickets(
        of order: OrderRow, after last: Int64?, limit: Int64, _ mint: TicketMint,
        in reader: Reader
    ) throws -> [TicketRow] {
        // Those of a large order are not all there yet.
        guard order.completedAt != nil else { return [] }
        let id = order.orderID
        let tickets = try reader.select(
            TicketRow.self,
            where: "order_id = \(id) AND number > \(last ?? -1) ORDER BY number LIMIT \(limit)")
        guard try tickets.allSatisfy({ try mint.made($0, key: order.keyNumber) }) else {
            throw StorageError(.corrupt, "ticket: one of order \(id) is not what it was")
        }
        return tickets
    }

    /// A buyer's are the buyer's own.
    func orders(
        _ request: ListOrdersRequest, for call: CallContext
    ) async throws -> ListOrdersReply {
        let page = try Page<OrderSummary, UUID>(
            of: OrdersAPI.listOrders.name,
            among: [call.owner(or: request.owner), request.eventId?.text],
            after: request.after, limit: request.limit)
        let filter = Self.filter(request, call, after: page.after, limit: page.rowsToRead)
        return try await database.read { reader in
            var page = page
            for row in try reader.select(OrderRow.self, where: filter) {
                guard page.take(CheckoutView.summary(row), at: row.orderID) else { break }
            }
            return ListOrdersReply(orders: page.rows, next: page.next)
        }
    }

    private static func filter(
        _ request: ListOrdersRequest, _ call: CallContext, after: UUID?, limit: Int64
    ) -> SQL {
        var conditions: [SQL] = []
        if let after { conditions.append("order_id > \(after)") }
        if let owner = call.owner(or: request.owner) { conditions.append("owner = \(owner)") }
        if let buyer = call.buyer {
            conditions.append("(owner_kind = '' OR owner_kind = \(buyer.kind))")
        }
        if let event = request.eventId { conditions.append("event_id = \(event)") }
        return "\(SQL.all(of: conditions)) ORDER BY order_id LIMIT \(limit)"
    }

    /// The steps of a saga that ended, as many as fit into a page.
    func history(
        _ request: GetSagaRequest
    ) async throws -> (steps: [SagaStep], next: String?) {
        let page = try Page<SagaStep, Int64>(
            of: OrdersAPI.getSaga.name, among: [request.checkoutId.text],
            after: request.after, limit: request.limit)
        return try await database.read { reader in
            var page = page
            let rows = try reader.select(
                SagaStepRow.self,
                where: """
                    saga_id = \(request.checkoutId) AND number > \(page.after ?? 0)
                    ORDER BY number LIMIT \(page.rowsToRead)
                    """)
            for row in rows {
                let step = SagaStep(
                    step: row.position.step, direction: row.position.direction.rawValue,
                    attempt: row.position.attempt, outcome: row.outcome, result: row.result,
                    at: row.at, by: row.caller)
                guard page.take(step, at: row.number) else { break }
            }
            return (page.rows, page.next)
        }
    }

    /// How many checkouts stand in each state.
    func states() async throws -> [(state: CheckoutState, count: Int64)] {
        try await database.read { try $0.checkoutTally() }
    }
}

extension CallContext {
    fileprivate func mayTouch(_ order: OrderRow) -> Bool {
        mayTouch(order.owner, kind: order.ownerKind)
    }
}
