import Contracts
import FoundationEssentials
import Lifecycle
import Publishing
import Saga
import Storage

// What Orders can check by itself: each is a query that returns what must not be.
extension Reader {
    /// Of one event, or all.
    func ownViolations(_ event: UUID?) throws -> [Violation] {
        var violations: [Violation] = []
        func check(_ invariant: String, _ find: () throws -> [Violation]) throws {
            violations += try Violation.found(by: invariant, find)
        }
        try check("C-7") { try miscounted(event) }
        try check("M-6") { try mispriced(event) }
        try check("M-7") { try unmatched() }
        try check("M-7") { try disagreeing(event) }
        try check("P-1") { try forgotten() }
        try check("P-3") { try feedGaps() }
        try check("P-3") { try doubleFacts() }
        try check(Violation.ofFeed) { try unfollowedFeeds() }
        if event == nil { try check("P-5") { try miscountedStates() } }
        return violations
    }

    /// C-7: a completed order has exactly its tickets.
    private func miscounted(_ event: UUID?) throws -> [Violation] {
        try query(
            """
            SELECT order_id, total_quantity, tickets, items FROM (
                SELECT o.order_id, o.total_quantity,
                    (SELECT COUNT(*) FROM ticket t CROSS JOIN order_item i
                        WHERE t.order_id = o.order_id AND i.order_id = t.order_id
                            AND i.ticket_type_id = t.ticket_type_id) AS tickets,
                    (SELECT CAST(COALESCE(SUM(i.quantity), 0) AS BIGINT) FROM order_item i
                        WHERE i.order_id = o.order_id) AS items
                FROM ticket_order o WHERE o.status = 'COMPLETED' \(Self.of(event))) AS counted
            WHERE tickets <> total_quantity OR items <> total_quantity LIMIT 1000
            """
        ) { columns in
            let id: UUID = try columns.next()
            let expected: Int64 = try columns.next()
            let (tickets, items): (Int64, Int64) = (try columns.next(), try columns.next())
            return Violation(
                invariant: "C-7", subject: "order \(id)", expected: "\(expected) tickets",
                actual: "\(tickets) tickets, \(items) in items")
        }
    }

    /// M-6: what was charged is the sum of the lines.
    private func mispriced(_ event: UUID?) throws -> [Violation] {
        try query(
            """
            SELECT o.order_id, o.total_minor,
                CAST(COALESCE(SUM(i.quantity * i.unit_price_minor + i.fee_minor + i.tax_minor), 0)
                    AS BIGINT)
            FROM ticket_order o LEFT JOIN order_item i ON i.order_id = o.order_id
            WHERE o.total_quantity > 0 \(Self.of(event))
            GROUP BY o.order_id, o.total_minor
            HAVING o.total_minor
                <> COALESCE(SUM(i.quantity * i.unit_price_minor + i.fee_minor + i.tax_minor), 0)
            LIMIT 1000
            """
        ) { columns in
            let (id, total): (UUID, Int64) = (try columns.next(), try columns.next())
            return Violation(
                invariant: "M-6", subject: "order \(id)",
                expected: "\(try columns.next(Int64.self))", actual: "\(total)")
        }
    }

    /// M-7: an order exists exactly when its checkout was paid, and they agree.
    private func unmatched() throws -> [Violation] {
        let wrong: [(UUID, String, String)] = try query(
            """
            SELECT c.checkout_id, c.state, COALESCE(o.status, 'no order')
            FROM checkout c LEFT JOIN ticket_order o ON o.order_id = c.checkout_id
            WHERE (c.state IN ('PAID', 'COMPLETED') AND COALESCE(o.status, '') <> c.state)
                OR (o.order_id IS NOT NULL AND c.state NOT IN ('PAID', 'COMPLETED')
                    AND COALESCE(c.parked_from, '') <> 'PAID')
            LIMIT 1000
            """
        ) { (try $0.next(), try $0.next(), try $0.next()) }
        let orphans: [UUID] = try query(
            """
            SELECT o.order_id FROM ticket_order o
            WHERE NOT EXISTS (SELECT 1 FROM checkout c WHERE c.checkout_id = o.order_id)
            ORDER BY o.order_id LIMIT 1000
            """
        ) { try $0.next() }
        return wrong.map { id, state, status in
            Violation(
                invariant: "M-7", subject: "checkout \(id)", expected: "an order as \(state)",
                actual: status)
        }
            + orphans.map {
                Violation(
                    invariant: "M-7", subject: "order \($0)", expected: "its checkout",
                    actual: "none")
            }
    }

    /// M-7: an order is what its checkout says, from which a buyer who asks again is answered.
    private func disagreeing(_ event: UUID?) throws -> [Violation] {
        var orders: [UUID] = []
        try forEach(
            """
            SELECT o.order_id, o.total_quantity, c.lines, i.ticket_type_id, i.name, i.quantity,
                i.currency, i.unit_price_minor, i.fee_minor, i.tax_minor,
                CASE WHEN c.owner = o.owner AND o.owner_kind IN (c.owner_kind, '')
                    AND c.email = o.email AND c.event_id = o.event_id
                    AND COALESCE(c.name, '') = COALESCE(o.name, '') THEN 1 ELSE 0 END
            FROM ticket_order o CROSS JOIN checkout c CROSS JOIN order_item i
            WHERE c.checkout_id = o.order_id AND i.order_id = o.order_id \(Self.of(event))
            """
        ) { columns in
            let (id, quantity): (UUID, Int64) = (try columns.next(), try columns.next())
            let packed: [UInt8]? = try columns.next()
            let lines = (try? Packed.Lines.value(in: packed)) ?? []
            let (type, name): (UUID, String) = (try columns.next(), try columns.next())
            let (count, currency) = (try columns.next(Int64.self), Currency(try columns.next()))
            let line = PricedLine(
                ticketTypeId: type, name: name, quantity: count,
                unitPrice: Money(try columns.next(), currency),
                fee: Money(try columns.next(), currency), tax: Money(try columns.next(), currency))
            let isSameBuyer = try columns.next(Int64.self) == 1
            let isSame =
                isSameBuyer && lines.contains(line)
                && lines.reduce(Int128(0)) { $0 + Int128($1.quantity) } == Int128(quantity)
            if !isSame, orders.last != id, orders.count < 1_000 { orders.append(id) }
        }
        return orders.map {
            Violation(
                invariant: "M-7", subject: "order \($0)", expected: "what its checkout says",
                actual: "another buyer or other lines")
        }
    }

    /// P-1: what has not ended is looked at within a minute, or when the hold of a buyer who has
    /// not paid ends, or waits for a human with a reason.
    private func forgotten() throws -> [Violation] {
        let latest = now.advanced(byMs: CheckoutDecision.longestPauseMs)
        return try query(
            """
            SELECT checkout_id, state, COALESCE(step, 'no step'), next_run_at FROM checkout
            WHERE (state IN ('REJECTED', 'CANCELLED', 'EXPIRED', 'REFUNDED', 'COMPLETED')
                    AND next_run_at IS NOT NULL)
                OR (state = 'PARKED' AND park_reason IS NULL)
                OR (state NOT IN ('REJECTED', 'CANCELLED', 'EXPIRED', 'REFUNDED', 'COMPLETED',
                        'PARKED')
                    AND (next_run_at IS NULL OR step IS NULL OR next_run_at > \(latest))
                    AND NOT (COALESCE(step, '') = \(CheckoutStep.awaitBuyer.rawValue)
                        AND next_run_at <= COALESCE(hold_expires_at, 0)))
            LIMIT 1000
            """
        ) { columns in
            let (id, state): (UUID, String) = (try columns.next(), try columns.next())
            let step: String = try columns.next()
            let next = try columns.next(Instant?.self).map { "next at \($0.milliseconds)" }
            return Violation(
                invariant: "P-1", subject: "checkout \(id)",
                expected:
                    "a next look within \(CheckoutDecision.longestPauseMs / 1_000) s while it "
                    + "runs, none when it has ended",
                actual: "\(state) at \(step), \(next ?? "never") seen at \(now.milliseconds)")
        }
    }

    /// P-3: a checkout ends once.
    private func doubleFacts() throws -> [Violation] {
        try repeatedFacts("kind <> \(OrdersFact.orderPaid)").map { fact in
            Violation(
                invariant: "P-3", subject: "checkout \(fact.subject)",
                expected: "1 fact of its end", actual: "\(fact.count)")
        }
    }

    private static func of(_ event: UUID?) -> SQL {
        event.map { "AND o.event_id = \($0)" as SQL } ?? ""
    }
}
