import Contracts
import FoundationEssentials
import Lifecycle
import Storage

/// What Orders' rows add up to at one moment, to be held against what the peers count.
struct Sums: Sendable {
    struct Sales: Sendable {
        /// Minor units that became revenue, tax apart.
        var revenue: Int64 = 0
        /// Tickets by type, in completed orders.
        var sold: [UUID: Int64] = [:]
        /// Tickets by type that may be sold at Inventory already: their purchase still runs.
        var running: [UUID: Int64] = [:]
    }

    let at: Instant
    let events: [UUID: Sales]
    /// Tax in all, by currency.
    let tax: [Currency: Int64]
    /// Checkouts that have not ended.
    let open: Int64
    let checked: Int64

    init(_ reader: Reader, _ event: UUID?) throws {
        at = reader.now
        let ofEvent: SQL = event.map { "AND event_id = \($0)" as SQL } ?? ""
        var events: [UUID: Sales] = [:]
        _ = try reader.query(
            """
            SELECT event_id, CAST(SUM(total_minor - tax_minor) AS BIGINT) FROM ticket_order
            WHERE status = 'COMPLETED' \(ofEvent) GROUP BY event_id
            """
        ) { events[try $0.next(), default: Sales()].revenue = try $0.next() }
        _ = try reader.query(
            """
            SELECT o.event_id, i.ticket_type_id, CAST(SUM(i.quantity) AS BIGINT)
            FROM ticket_order o JOIN order_item i ON i.order_id = o.order_id
            WHERE o.status = 'COMPLETED' \(event.map { "AND o.event_id = \($0)" as SQL } ?? "")
            GROUP BY o.event_id, i.ticket_type_id
            """
        ) {
            let (event, type): (UUID, UUID) = (try $0.next(), try $0.next())
            events[event, default: Sales()].sold[type] = try $0.next()
        }
        var tax: [Currency: Int64] = [:]
        _ = try reader.query(
            """
            SELECT currency, CAST(SUM(tax_minor) AS BIGINT) FROM ticket_order
            WHERE status = 'COMPLETED' GROUP BY currency
            """
        ) { tax[Currency(try $0.next())] = try $0.next() }
        var open: Int64 = 0
        let running = try reader.select(
            Checkout.self,
            where: """
                state NOT IN ('REJECTED', 'CANCELLED', 'EXPIRED', 'REFUNDED', 'COMPLETED')
                \(ofEvent) ORDER BY checkout_id
                """)
        for checkout in running {
            open += 1
            for item in checkout.items {
                events[checkout.eventID, default: Sales()]
                    .running[item.ticketTypeId, default: 0] += item.quantity
            }
        }
        self.events = events
        self.tax = tax
        self.open = open
        checked =
            try reader.query("SELECT COUNT(*) FROM checkout WHERE version > 0 \(ofEvent)") {
                try $0.next(Int64.self)
            }.first ?? 0
    }
}
