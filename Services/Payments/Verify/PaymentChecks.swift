import Contracts
import FoundationEssentials
import Lifecycle
import Publishing
import Storage
import Text

// VerifyInvariants: every check is a query that returns what must not be, over one state of the
// database.
extension PaymentStore {
    func verify(_ request: VerifyRequest) async throws -> VerifyReply {
        let ofEvent: SQL = request.eventId.map { "AND p.event_id = \($0)" as SQL } ?? ""
        return try await database.survey { reader in
            var violations: [Violation] = []
            func check(_ invariant: String, _ find: () throws -> [Violation]) throws {
                violations += try Violation.found(by: invariant, find)
            }
            try check("M-1") { try reader.unbalanced() }
            try check("M-1") { try reader.misbooked(ofEvent) }
            try check("M-2") { try reader.sums(ofEvent) }
            try check("M-2") { try reader.refundSums(ofEvent) }
            try check("M-3") { try reader.keptFunds(request.eventId) }
            try check("M-4") { try reader.paidTwice(ofEvent) }
            try check("P-3") { try reader.feedGaps() }
            try check("P-3") { try reader.doubleFacts() }
            try check("P-4") { try reader.lostWebhooks() }
            try check("P-4") { try reader.webhooksOfNothing() }
            try check("P-5") { try reader.miskeptBalances() }
            try check(Violation.ofFeed) { try reader.unfollowedFeeds() }
            return VerifyReply(
                checked: try reader.rowsJudged(ofEvent), violations: violations,
                pending: try reader.pending(ofEvent) + reader.webhooksOnTheirWay())
        }
    }
}

extension Reader {
    /// M-1: every booking balances, in each currency. In the order of the key, in which bookings
    /// lie, nothing has to be sorted; only those that look wrong are taken apart.
    fileprivate func unbalanced() throws -> [Violation] {
        try query(
            """
            SELECT ref, kind, currency, CAST(SUM(debit_minor) AS BIGINT),
                CAST(SUM(credit_minor) AS BIGINT)
            FROM ledger_entry WHERE (ref, kind) IN (
                SELECT ref, kind FROM ledger_entry GROUP BY ref, kind
                HAVING SUM(debit_minor) <> SUM(credit_minor) OR MIN(currency) <> MAX(currency))
            GROUP BY ref, kind, currency HAVING SUM(debit_minor) <> SUM(credit_minor) LIMIT 1000
            """
        ) { columns in
            let ref: UUID = try columns.next()
            let kind: String = try columns.next()
            let currency: String = try columns.next()
            let debit: Int64 = try columns.next()
            let credit: Int64 = try columns.next()
            return Violation(
                invariant: "M-1", subject: "\(kind) \(ref)",
                expected: "\(debit) \(currency) credited", actual: "\(credit)")
        }
    }

    /// M-1: what a payment says was captured is what the ledger holds for it.
    fileprivate func misbooked(_ ofEvent: SQL) throws -> [Violation] {
        try query(
            """
            SELECT p.payment_id, p.captured_minor,
                CAST(COALESCE(SUM(e.credit_minor), 0) AS BIGINT)
            FROM payment p LEFT JOIN ledger_entry e
                ON e.ref = p.payment_id AND e.kind = 'CAPTURED' AND e.account LIKE 'funds:%'
            WHERE p.captured_minor > 0 \(ofEvent)
            GROUP BY p.payment_id, p.captured_minor
            HAVING p.captured_minor <> COALESCE(SUM(e.credit_minor), 0) LIMIT 1000
            """
        ) { columns in
            Violation(
                invariant: "M-1", subject: "payment \(try columns.next(UUID.self).text)",
                expected: "\(try columns.next(Int64.self)) booked",
                actual: "\(try columns.next(Int64.self))")
        }
    }

    /// M-2 and M-5: refunded ≤ owed back ≤ captured, and captured is nothing or the whole amount.
    fileprivate func sums(_ ofEvent: SQL) throws -> [Violation] {
        try query(
            """
            SELECT p.payment_id, p.amount_minor, p.authorised_minor, p.captured_minor,
                p.refund_owed_minor, p.refunded_minor
            FROM payment p
            WHERE (p.refunded_minor < 0 OR p.refunded_minor > p.refund_owed_minor
                OR p.refund_owed_minor > p.captured_minor
                OR p.captured_minor NOT IN (0, p.amount_minor)
                OR (p.capture_mode = 'AUTH_CAPTURE' AND p.captured_minor > p.authorised_minor)
                OR (p.state = 'CAPTURED' AND p.captured_minor = 0)) \(ofEvent) LIMIT 1000
            """
        ) { columns in
            let id: UUID = try columns.next()
            var numbers: [Int64] = []
            for _ in 0..<5 { numbers.append(try columns.next()) }
            return Violation(
                invariant: "M-2", subject: "payment \(id)",
                expected: "amount ≥ authorised ≥ captured ≥ owed back ≥ refunded",
                actual: numbers.map(String.init).joined(separator: ", "))
        }
    }

    /// M-2: a payment's sums are those of its refunds.
    fileprivate func refundSums(_ ofEvent: SQL) throws -> [Violation] {
        var sums: [UUID: (owed: Int128, settled: Int128)] = [:]
        try forEach("SELECT refund_id, payment_id, amount_minor, state FROM refund") { columns in
            let (refund, payment): (UUID, UUID) = (try columns.next(), try columns.next())
            let (amount, state): (Int64, String) = (try columns.next(), try columns.next())
            guard refund != Refund.mismatchID(of: payment) else { return }
            sums[payment, default: (0, 0)].owed += Int128(amount)
            guard state == RefundState.succeeded.word else { return }
            sums[payment, default: (0, 0)].settled += Int128(amount)
        }
        var violations: [Violation] = []
        try forEach(
            """
            SELECT p.payment_id, p.refund_owed_minor, p.refunded_minor FROM payment p
            WHERE (p.refund_owed_minor <> 0 OR p.payment_id IN (SELECT payment_id FROM refund))
                \(ofEvent) ORDER BY p.payment_id
            """
        ) { columns in
            let payment: UUID = try columns.next()
            let actual = (
                owed: Int128(try columns.next(Int64.self)),
                settled: Int128(try columns.next(Int64.self))
            )
            let expected = sums[payment] ?? (0, 0)
            guard expected != actual else { return }
            violations.append(
                Violation(
                    invariant: "M-2", subject: "payment \(payment)",
                    expected: "\(expected.owed) owed back, \(expected.settled) refunded",
                    actual: "\(actual.owed), \(actual.settled)"))
        }
        return violations
    }

    /// M-3: a checkout's funds are the money that its saga is still deciding about, and zero once
    /// the checkout has ended.
    fileprivate func keptFunds(_ eventID: UUID?) throws -> [Violation] {
        var undecided: [ByteText: Int128] = [:]
        var violations: [Violation] = []
        let open = try readable(
            PaymentRow.self,
            where: """
                open_since IS NOT NULL AND state = 'CAPTURED' AND outcome IS NULL
                ORDER BY payment_id
                """)
        for (id, row) in open {
            switch row {
            case .success(let row):
                let account = ByteText(Account.funds(checkout: row.payment.checkoutID).name)
                undecided[account, default: 0] +=
                    Int128(row.payment.captured) - Int128(row.payment.refundOwed)
            case .failure(let error):
                violations.append(.unreadable(error, "M-3", "payment \(id)"))
            }
        }
        var held: [ByteText: Int128] = [:]
        for (place, sum) in try openFunds().sums { held[place.account, default: 0] += sum }
        let ofEvent = try eventID.map { eventID in
            Set(
                try query("SELECT DISTINCT checkout_id FROM payment WHERE event_id = \(eventID)") {
                    ByteText(Account.funds(checkout: try $0.next()).name)
                })
        }
        violations += Set(held.keys).union(undecided.keys).sorted().compactMap { account in
            let (expected, actual) = (undecided[account] ?? 0, held[account] ?? 0)
            guard expected != actual, ofEvent?.contains(account) ?? true else { return nil }
            return Violation(
                invariant: "M-3", subject: account.string, expected: "\(expected)",
                actual: "\(actual)")
        }
        return violations
    }

    /// M-4: at most one payment of a checkout keeps money. Of two, one is not the live one, and so
    /// only the checkouts of such are counted.
    fileprivate func paidTwice(_ ofEvent: SQL) throws -> [Violation] {
        try query(
            """
            SELECT p.checkout_id, CAST(COUNT(*) AS BIGINT) FROM payment p
            WHERE p.captured_minor > p.refund_owed_minor \(ofEvent) AND p.checkout_id IN (
                SELECT q.checkout_id FROM payment q
                LEFT JOIN checkout c ON c.checkout_id = q.checkout_id
                WHERE q.captured_minor > q.refund_owed_minor
                    AND (c.live_payment_id IS NULL OR c.live_payment_id <> q.payment_id))
            GROUP BY p.checkout_id HAVING COUNT(*) > 1 LIMIT 1000
            """
        ) { columns in
            Violation(
                invariant: "M-4", subject: "checkout \(try columns.next(UUID.self).text)",
                expected: "at most 1 payment that keeps money",
                actual: "\(try columns.next(Int64.self))")
        }
    }

    /// P-3: a payment is captured, and a refund succeeds, once.
    fileprivate func doubleFacts() throws -> [Violation] {
        try repeatedFacts("kind IN ('payment.captured', 'refund.succeeded')").map { fact in
            Violation(
                invariant: "P-3", subject: "\(fact.kind) \(fact.subject)",
                expected: "1 fact", actual: "\(fact.count)")
        }
    }

    /// Payments, refunds, ledger lines, facts and webhooks that were compared.
    fileprivate func rowsJudged(_ ofEvent: SQL) throws -> Int64 {
        try query(
            """
            SELECT (SELECT COUNT(*) FROM payment p WHERE 1 = 1 \(ofEvent))
                + (SELECT COUNT(*) FROM refund) + (SELECT COUNT(*) FROM ledger_entry)
                + (SELECT COUNT(*) FROM outbox) + (SELECT COUNT(*) FROM webhook)
            """
        ) { try $0.next(Int64.self) }.first ?? 0
    }

    /// Payments whose checkout has not ended as far as is known here, and refunds on their way.
    fileprivate func pending(_ ofEvent: SQL) throws -> Int64 {
        try query(
            """
            SELECT (SELECT COUNT(*) FROM payment p WHERE p.open_since IS NOT NULL
                    AND p.state NOT IN ('VOIDED', 'FAILED_FINAL') \(ofEvent))
                + (SELECT COUNT(*) FROM refund WHERE settled_at IS NULL)
            """
        ) { try $0.next(Int64.self) }.first ?? 0
    }
}
