import Contracts
import FoundationEssentials
import Lifecycle
import Storage

/// What must always hold, each as a query that gives the rows against it. They run over one state
/// of the database, and the database does the summing, so that memory stays bounded.
struct Invariants {
    /// Violations of one invariant that are reported at most.
    static let limit: Int64 = 100

    private let reader: Reader
    /// Which pools, called `p`, are looked at.
    private let scope: SQL

    init(of eventId: UUID?, in reader: Reader) {
        self.reader = reader
        scope = eventId.map { "p.event_id = \($0)" } ?? "1 = 1"
    }

    func verify() throws -> VerifyReply {
        let violations =
            try poolsWithinCapacity() + heldIsSummed() + soldIsSummed() + auditIsChained()
            + auditEndsAtPool() + heldIsLeftOnce() + eventIsSumOfTypes() + allocationsFit()
            + feedIsGapless()
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

    /// C-2: what a pool counts as held is what its open holds took.
    private func heldIsSummed() throws -> [Violation] {
        try violations("C-2", "held", Self.summed("p.held", "'ACTIVE', 'COMMITTING'", scope))
    }

    /// C-2: what a pool counts as sold is what its consumed holds took.
    private func soldIsSummed() throws -> [Violation] {
        try violations("C-2", "sold", Self.summed("p.sold", "'CONSUMED'", scope))
    }

    private static func summed(_ column: SQL, _ states: SQL, _ scope: SQL) -> SQL {
        """
        SELECT p.pool_id, COALESCE(s.quantity, 0), \(column) FROM pool p
        LEFT JOIN (
            SELECT t.pool_id, CAST(SUM(t.quantity) AS BIGINT) AS quantity
            FROM hold_pool t JOIN hold h ON h.hold_id = t.hold_id
            WHERE h.state IN (\(states)) GROUP BY t.pool_id) s ON s.pool_id = p.pool_id
        WHERE COALESCE(s.quantity, 0) <> \(column) AND \(scope)
        """
    }

    /// C-3: every entry begins where the one before ended, and the first from nothing.
    private func auditIsChained() throws -> [Violation] {
        try violations(
            "C-3", "the entry before",
            """
            SELECT a.pool_id, a.seq - 1, a.seq FROM audit a
            JOIN pool p ON p.pool_id = a.pool_id
            LEFT JOIN audit b ON b.pool_id = a.pool_id AND b.seq = a.seq - 1
            WHERE \(scope) AND NOT (
                (a.seq = 1 AND a.previous_held = 0 AND a.previous_sold = 0)
                OR (b.seq IS NOT NULL AND b.held = a.previous_held AND b.sold = a.previous_sold
                    AND COALESCE(b.capacity, -1) = COALESCE(a.previous_capacity, -1)))
            """)
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

    /// C-4: over its whole life a hold adds to `held` exactly what it takes now: all of it while it
    /// is open, nothing once it has ended.
    private func heldIsLeftOnce() throws -> [Violation] {
        try violations(
            "C-4", "held by one hold",
            """
            SELECT t.hold_id, t.quantity, COALESCE(s.moved, 0) FROM (
                SELECT q.hold_id, q.pool_id,
                    CASE WHEN h.state IN ('ACTIVE', 'COMMITTING') THEN q.quantity ELSE 0 END
                        AS quantity
                FROM hold_pool q JOIN hold h ON h.hold_id = q.hold_id) t
            JOIN pool p ON p.pool_id = t.pool_id
            LEFT JOIN (
                SELECT a.pool_id, a.reference,
                    CAST(SUM(a.held - a.previous_held) AS BIGINT) AS moved
                FROM audit a GROUP BY a.pool_id, a.reference) s
                ON s.pool_id = t.pool_id AND s.reference = t.hold_id
            WHERE p.kind <> 'OWNER' AND COALESCE(s.moved, 0) <> t.quantity AND \(scope)
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

    /// P-3: facts are numbered without gaps, up to the number that the writer stands at.
    private func feedIsGapless() throws -> [Violation] {
        let newest = try reader.query("SELECT feed FROM writer") { try $0.next(Int64.self) }.first
        let gaps = try reader.query(
            """
            SELECT o.seq FROM outbox o
            WHERE o.seq > (SELECT MIN(seq) FROM outbox)
                AND NOT EXISTS (SELECT 1 FROM outbox q WHERE q.seq = o.seq - 1)
            LIMIT \(Self.limit)
            """
        ) { try $0.next(Int64.self) }
        var violations = gaps.map {
            Violation(
                invariant: "P-3", subject: "feed", expected: "fact \($0 - 1)", actual: "a gap")
        }
        let last = try reader.query("SELECT MAX(seq) FROM outbox") { try $0.next(Int64?.self) }
            .first
        if let last = last ?? nil, last != newest {
            violations.append(
                Violation(
                    invariant: "P-3", subject: "feed", expected: "\(newest ?? 0)",
                    actual: "\(last)"))
        }
        return violations
    }

    /// Each row of the query is a violation: whom it concerns, what should be, what is.
    private func violations(
        _ invariant: String, _ what: String, _ query: SQL
    ) throws -> [Violation] {
        try reader.query("\(query) LIMIT \(Self.limit)") { row in
            Violation(
                invariant: invariant, subject: try row.next(UUID.self).uuidString,
                expected: "\(what): \(try row.next(Int64.self))",
                actual: "\(try row.next(Int64.self))")
        }
    }
}
