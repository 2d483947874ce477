import Contracts
import FoundationEssentials
import RPC
import Saga
import Storage

/// What is asked of the database without changing it.
struct OrderQueries: Sendable {
    let database: Database
    let mint: TicketMint

    /// Throws `corrupt` rather than give out a ticket that the order cannot have made.
    func order(_ id: UUID) async throws -> OrderReply {
        try await database.read { [mint] reader in
            guard let order = try reader.find(OrderRow.self, id) else {
                throw RPCError(.notFound, "there is no order \(id)")
            }
            let items = try reader.select(
                OrderItemRow.self, where: "order_id = \(id) ORDER BY ticket_type_id")
            let tickets = try reader.select(
                TicketRow.self, where: "order_id = \(id) ORDER BY number")
            guard tickets.allSatisfy(mint.made) else {
                throw StorageError(.corrupt, "ticket: one of order \(id) is not what it was")
            }
            return CheckoutView.reply(order, items.map(\.line), tickets)
        }
    }

    /// Whether the order that came of a completed checkout says the same as the checkout.
    func agrees(with checkout: Checkout) async throws -> Bool {
        guard let totals = checkout.totals else { return false }
        return try await database.read { reader in
            let items = try reader.select(OrderItemRow.self, where: "order_id = \(checkout.id)")
            return try reader.find(OrderRow.self, checkout.id) == OrderRow(checkout, totals)
                && Set(items.map(\.line)) == Set(checkout.lines)
        }
    }

    func orders(_ request: ListOrdersRequest) async throws -> ListOrdersReply {
        let limit = request.limit ?? 100
        let rows = try await database.read { reader in
            try reader.select(OrderRow.self, where: Self.filter(request, limit: limit + 1))
        }
        return ListOrdersReply(
            orders: rows.prefix(Int(clamping: limit)).map(CheckoutView.summary),
            hasMore: rows.count > limit)
    }

    private static func filter(_ request: ListOrdersRequest, limit: Int64) -> SQL {
        var filter: SQL = "total_quantity >= 0"
        if let after = request.after { filter = "\(filter) AND order_id > \(after)" }
        if let owner = request.owner { filter = "\(filter) AND owner = \(owner)" }
        if let event = request.eventId { filter = "\(filter) AND event_id = \(event)" }
        return "\(filter) ORDER BY order_id LIMIT \(limit)"
    }

    func history(_ id: UUID) async throws -> [SagaStepRow] {
        try await database.read { reader in
            try reader.select(
                SagaStepRow.self, where: "saga_id = \(id) ORDER BY number LIMIT 1000")
        }
    }

    /// How many checkouts stand in each state. Added up row by row: to group them would sort them,
    /// in as much memory as there are checkouts.
    func states() async throws -> [(state: String, count: Int64)] {
        let words = CheckoutState.all.map(\.word)
        let counts = try await database.survey { reader in
            var counts = [String: Int64]()
            try reader.forEach("SELECT state FROM checkout") {
                counts[try $0.next(String.self), default: 0] += 1
            }
            return counts
        }
        return words.compactMap { word in counts[word].map { (word, $0) } }
    }
}
