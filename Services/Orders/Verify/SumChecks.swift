import Contracts
import FoundationEssentials
import Lifecycle
import Publishing
import Storage

/// What Orders' rows add up to at one moment, to be held against what the peers count.
struct SumChecks: Sendable {
    struct Sales: Sendable {
        /// Minor units that became revenue, tax apart. All sums are of 64-bit numbers in 128 bits:
        /// an overflow would make a wrong one look right.
        var revenue: Int128 = 0
        /// Tickets by type, in completed orders.
        var sold: [UUID: Int128] = [:]
        /// Tickets by type that may be sold at Inventory already: their purchase still runs.
        var running: [UUID: Int128] = [:]
    }

    let at: Instant
    let events: [UUID: Sales]
    /// Tax in all, by currency.
    let tax: [Currency: Int128]
    /// Checkouts that have not ended.
    let open: Int64
    /// Checkouts that have not ended and can't be read.
    let unreadable: [Violation]
    let checked: Int64

    init(_ reader: Reader, _ event: UUID?) throws {
        at = reader.now
        let ofEvent: SQL = event.map { "AND event_id = \($0)" as SQL } ?? ""
        var events: [UUID: Sales] = [:]
        var tax: [Currency: Int128] = [:]
        // Summed here, row by row: the database would sort all orders by their events first.
        try reader.forEach(
            """
            SELECT event_id, total_minor - tax_minor, tax_minor, currency FROM ticket_order
            WHERE status = 'COMPLETED'
            """
        ) {
            let (id, revenue): (UUID, Int64) = (try $0.next(), try $0.next())
            let taxed: Int64 = try $0.next()
            tax[Currency(try $0.next()), default: 0] += Int128(taxed)
            guard event == nil || event == id else { return }
            events[id, default: Sales()].revenue += Int128(revenue)
        }
        try reader.forEach(
            """
            SELECT o.event_id, i.ticket_type_id, i.quantity
            FROM ticket_order o CROSS JOIN order_item i
            WHERE i.order_id = o.order_id AND o.status = 'COMPLETED'
                \(event.map { "AND o.event_id = \($0)" as SQL } ?? "")
            """
        ) {
            let (event, type): (UUID, UUID) = (try $0.next(), try $0.next())
            events[event, default: Sales()].sold[type, default: 0] += Int128(
                try $0.next(Int64.self))
        }
        var open: Int64 = 0
        var unreadable: [Violation] = []
        let running = try reader.readable(
            Checkout.self,
            where: """
                state NOT IN ('REJECTED', 'CANCELLED', 'EXPIRED', 'REFUNDED', 'COMPLETED')
                \(ofEvent) ORDER BY checkout_id
                """)
        for (id, row) in running {
            open += 1
            switch row {
            case .success(let checkout):
                for item in checkout.items {
                    events[checkout.eventID, default: Sales()]
                        .running[item.ticketTypeId, default: 0] += Int128(item.quantity)
                }
            case .failure(let error):
                unreadable.append(.unreadable(error, "P-1", "checkout \(id)"))
            }
        }
        self.unreadable = unreadable
        self.events = events
        self.tax = tax
        self.open = open
        checked =
            try reader.query("SELECT COUNT(*) FROM checkout WHERE version > 0 \(ofEvent)") {
                try $0.next(Int64.self)
            }.first ?? 0
    }
}
