import Contracts
import FoundationEssentials
import Lifecycle
import Publishing
import Storage

/// What must always hold, each as a query that gives the rows against it. They run over one state
/// of the database. What grows with every sale is read once, row by row, and summed into what is
/// bounded by the pools and the open holds, so that neither time nor memory runs away.
struct InventoryChecks {
    /// Violations of one invariant that are reported at most.
    static let limit: Int64 = 100

    private let reader: Reader
    /// Which pools, called `p`, are looked at.
    private let scope: SQL
    /// Which holds, called `h`, took from them.
    private let holdScope: SQL

    init(of eventId: UUID?, in reader: Reader) {
        self.reader = reader
        scope = eventId.map { "p.event_id = \($0)" } ?? "1 = 1"
        holdScope = eventId.map { "h.event_id = \($0)" } ?? "1 = 1"
    }

    func verify() throws -> VerifyReply {
        var violations: [Violation] = []
        func check(_ invariant: String, _ find: () throws -> [Violation]) throws {
            violations += try Violation.found(by: invariant, find)
        }
        try check("C-1") { try poolsWithinCapacity() }
        try check("C-2") { try takenIsSummed() }
        try check("C-3") { try auditIsSound() }
        try check("C-3") { try auditEndsAtPool() }
        try check("C-5") { try eventIsSumOfTypes() }
        try check("C-6") { try allocationsFit() }
        try check("P-3") { try reader.feedGaps() }
        return VerifyReply(checked: try checked(), violations: violations, pending: 0)
    }

    /// Pools and audit entries looked at.
    private func checked() throws -> Int64 {
        try reader.query(
            """
            SELECT COUNT(*), COALESCE(CAST(SUM(p.seq) AS BIGINT), 0) FROM pool p WHERE \(scope)
            """
        ) { try $0.next(Int64.self) + $0.next(Int64.self) }.first ?? 0
    }

    /// C-1: nothing negative, and never more held and sold than there is. The database's own CHECK
    /// says the same; this finds what came past it.
    private func poolsWithinCapacity() throws -> [Violation] {
        try violations(
            "C-1", "held and sold within capacity",
            """
            SELECT p.pool_id, COALESCE(p.capacity, 0), p.held + p.sold FROM pool p
            WHERE (p.held < 0 OR p.sold < 0 OR p.held + p.sold > p.capacity) AND \(scope)
            """)
    }

    /// C-2: what a pool counts as held and as sold is what its open and its consumed holds took.
    private func takenIsSummed() throws -> [Violation] {
        var taken: [UUID: (held: Int128, sold: Int128)] = [:]
        // CROSS JOIN keeps this order, in which both lie.
        try reader.forEach(
            """
            SELECT t.pool_id, t.quantity, CASE h.state WHEN 'CONSUMED' THEN 1 ELSE 0 END
            FROM hold h CROSS JOIN hold_pool t
            WHERE t.hold_id = h.hold_id AND h.state IN ('ACTIVE', 'COMMITTING', 'CONSUMED')
                AND \(holdScope)
            """
        ) { row in
            let (pool, quantity): (UUID, Int64) = (try row.next(), try row.next())
            if try row.next(Bool.self) {
                taken[pool, default: (0, 0)].sold += Int128(quantity)
            } else {
                taken[pool, default: (0, 0)].held += Int128(quantity)
            }
        }
        var violations: [Violation] = []
        try reader.forEach("SELECT p.pool_id, p.held, p.sold FROM pool p WHERE \(scope)") { row in
            let id: UUID = try row.next()
            let sums = taken[id] ?? (0, 0)
            for (what, sum, count) in [
                ("held", sums.held, Int128(try row.next(Int64.self))),
                ("sold", sums.sold, Int128(try row.next(Int64.self))),
            ] where sum != count && violations.count < Self.limit {
                violations.append(
                    Violation(
                        invariant: "C-2", subject: id.text, expected: "\(what): \(sum)",
                        actual: "\(count)"))
            }
        }
        return violations
    }

    /// C-3 and C-4, in one way through the audit.
    private func auditIsSound() throws -> [Violation] {
        var trail = AuditChecks()
        for open in ["h.state = 'ACTIVE'", "h.state = 'COMMITTING'"] as [SQL] {
            try reader.forEach(
                """
                SELECT t.pool_id, t.hold_id, t.quantity
                FROM hold h CROSS JOIN hold_pool t CROSS JOIN pool p
                WHERE \(open) AND t.hold_id = h.hold_id AND p.pool_id = t.pool_id
                    AND p.kind <> 'OWNER' AND \(scope)
                """
            ) {
                trail.expect(
                    pool: try $0.next(), hold: try $0.next(), quantity: try $0.next())
            }
        }
        try reader.forEach(
            """
            SELECT p.pool_id, a.seq, a.previous_capacity, a.capacity, a.previous_held, a.held,
                a.previous_sold, a.sold, a.reference
            FROM pool p CROSS JOIN audit a
            WHERE a.pool_id = p.pool_id AND \(scope) ORDER BY p.pool_id, a.seq
            """
        ) { try trail.read(&$0) }
        return trail.violations
    }

    /// C-3: the last entry is the pool.
    private func auditEndsAtPool() throws -> [Violation] {
        try violations(
            "C-3", "the newest entry",
            """
            SELECT p.pool_id, COALESCE(a.seq, 0), p.seq FROM pool p
            LEFT JOIN audit a ON a.pool_id = p.pool_id
                AND a.seq = (SELECT MAX(b.seq) FROM audit b WHERE b.pool_id = p.pool_id)
            WHERE \(scope) AND p.kind <> 'OWNER' AND NOT (
                a.seq IS NOT NULL AND a.seq = p.seq AND a.held = p.held AND a.sold = p.sold
                AND COALESCE(a.capacity, -1) = COALESCE(p.capacity, -1))
            """)
    }

    /// C-5: an event counts what its ticket types count together.
    private func eventIsSumOfTypes() throws -> [Violation] {
        try violations(
            "C-5", "held and sold of the types, as one number",
            """
            SELECT p.pool_id, COALESCE(s.taken, 0), p.held + p.sold FROM pool p
            LEFT JOIN (
                SELECT t.event_id, CAST(SUM(t.held) AS BIGINT) AS held,
                    CAST(SUM(t.sold) AS BIGINT) AS sold,
                    CAST(SUM(t.held + t.sold) AS BIGINT) AS taken
                FROM pool t WHERE t.kind = 'TICKET_TYPE' GROUP BY t.event_id) s
                ON s.event_id = p.event_id
            WHERE p.kind = 'EVENT' AND \(scope)
                AND (COALESCE(s.held, 0) <> p.held OR COALESCE(s.sold, 0) <> p.sold)
            """)
    }

    /// C-6: what is allocated to the types fits into the event.
    private func allocationsFit() throws -> [Violation] {
        try violations(
            "C-6", "at most the event's capacity",
            """
            SELECT p.pool_id, p.capacity, s.allocated FROM pool p
            JOIN (
                SELECT t.event_id, CAST(SUM(t.capacity) AS BIGINT) AS allocated
                FROM pool t WHERE t.kind = 'TICKET_TYPE' GROUP BY t.event_id) s
                ON s.event_id = p.event_id
            WHERE p.kind = 'EVENT' AND s.allocated > p.capacity AND \(scope)
            """)
    }

    /// Each row of the query is a violation: whom it concerns, what should be, what is.
    private func violations(
        _ invariant: String, _ what: String, _ query: SQL
    ) throws -> [Violation] {
        try reader.query("\(query) LIMIT \(Self.limit)") { row in
            Violation(
                invariant: invariant, subject: try row.next(UUID.self).text,
                expected: "\(what): \(try row.next(Int64.self))",
                actual: "\(try row.next(Int64.self))")
        }
    }
}
