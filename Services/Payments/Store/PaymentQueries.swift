import Contracts
import FoundationEssentials
import Lifecycle
import Storage

// What Payments reads: single rows, pages, and what is due.
extension PaymentStore {
    /// - Throws: `PAYMENT_NOT_FOUND`.
    func payment(_ paymentID: UUID) async throws -> Payment {
        let row = try await database.read { try $0.find(PaymentRow.self, paymentID) }
        guard let row else { throw PaymentStore.notFound }
        return row.payment
    }

    /// - Throws: `REFUND_NOT_FOUND`.
    func refund(_ refundID: UUID) async throws -> Refund {
        let row = try await database.read { try $0.find(RefundRow.self, refundID) }
        guard let row else { throw PaymentStore.refundNotFound }
        return row.refund
    }

    /// Payments that somebody must look at now, the longest due first, and that now.
    func duePayments(limit: Int) async throws -> (payments: [Payment], now: Instant) {
        try await database.read { reader in
            let rows = try reader.select(
                PaymentRow.self,
                where: """
                    open_since IS NOT NULL AND next_try_at <= \(reader.now)
                    ORDER BY next_try_at, payment_id LIMIT \(limit)
                    """)
            return (rows.map(\.payment), reader.now)
        }
    }

    func dueRefunds(limit: Int) async throws -> [Refund] {
        try await database.read { reader in
            try reader.select(
                RefundRow.self,
                where: """
                    settled_at IS NULL AND next_try_at <= \(reader.now)
                    ORDER BY next_try_at, refund_id LIMIT \(limit)
                    """
            ).map(\.refund)
        }
    }

    /// Refunds of a payment whose last attempt has not been answered.
    func unansweredRefunds(of paymentID: UUID) async throws -> [Refund] {
        try await database.read { reader in
            try reader.select(
                RefundRow.self,
                where: """
                    settled_at IS NULL AND payment_id = \(paymentID) AND state = 'SUBMITTED'
                    ORDER BY refund_id
                    """
            ).map(\.refund)
        }
    }

    /// Refunds that are owed and not settled, in order of their ids.
    func obligations(_ request: ListObligationsRequest) async throws -> ListObligationsReply {
        let ofCheckout: SQL =
            request.checkoutId.map { "AND checkout_id = \($0)" as SQL } ?? ""
        let after: SQL = request.after.map { "AND refund_id > \($0)" as SQL } ?? ""
        let rows = try await database.read { reader in
            try reader.select(
                RefundRow.self,
                where: """
                    settled_at IS NULL \(ofCheckout) \(after)
                    ORDER BY refund_id LIMIT \(request.limit)
                    """)
        }
        return ListObligationsReply(
            refunds: rows.map { RefundReply($0.refund) },
            next: rows.count == Int(request.limit) ? rows.last?.key : nil)
    }

    /// Payments of checkouts that have not ended as far as Orders' feed has been read. Watched
    /// ones, which were given up, are not among them.
    func unsettled(_ request: ListUnsettledRequest) async throws -> ListUnsettledReply {
        let after: SQL = request.after.map { "AND payment_id > \($0)" as SQL } ?? ""
        let rows = try await database.read { reader in
            let (latest, overflow) = reader.now.milliseconds.subtractingReportingOverflow(
                request.olderThanMs)
            return try reader.select(
                PaymentRow.self,
                where: """
                    open_since IS NOT NULL AND open_since <= \(overflow ? Int64.min : latest)
                    AND outcome IS NULL AND state NOT IN ('VOIDED', 'FAILED_FINAL') \(after)
                    ORDER BY payment_id LIMIT \(request.limit)
                    """)
        }
        return ListUnsettledReply(
            payments: rows.map { PaymentReply($0.payment) },
            next: rows.count == Int(request.limit) ? rows.last?.key : nil)
    }

    /// Accounts with their sums, and the trial balance of the whole ledger.
    func balance(_ request: LedgerBalanceRequest) async throws -> LedgerBalanceReply {
        let from = request.prefix ?? ""
        let until = from + "\u{10FFFF}"
        let last = LedgerCursor(request.after ?? "")
        return try await database.read { reader in
            let accounts = try reader.query(
                """
                SELECT account, currency, CAST(SUM(debit_minor) AS BIGINT),
                    CAST(SUM(credit_minor) AS BIGINT)
                FROM ledger_entry
                WHERE account >= \(from) AND account < \(until)
                    AND (account > \(last.account)
                        OR (account = \(last.account) AND currency > \(last.currency)))
                GROUP BY account, currency
                HAVING SUM(debit_minor) <> SUM(credit_minor) OR account NOT LIKE 'funds:%'
                ORDER BY account, currency LIMIT \(request.limit)
                """
            ) {
                AccountBalance(
                    account: try $0.next(), currency: Currency(try $0.next()),
                    debit: try $0.next(), credit: try $0.next())
            }
            let trial = try reader.query(
                """
                SELECT currency, CAST(SUM(debit_minor - credit_minor) AS BIGINT)
                FROM ledger_entry GROUP BY currency ORDER BY currency
                """
            ) { (try $0.next(String.self), try $0.next(Int64.self)) }
            return LedgerBalanceReply(
                accounts: accounts,
                trialBalance: Dictionary(trial, uniquingKeysWith: { first, _ in first }),
                next: accounts.count == Int(request.limit)
                    ? accounts.last.map { LedgerCursor($0).text } : nil)
        }
    }
}

/// Where a page of balances ended. An account has a row a currency, and a page may end between
/// them: both stand in the text, the currency after the last space.
private struct LedgerCursor {
    let account: String
    let currency: String

    init(_ row: AccountBalance) {
        account = row.account
        currency = row.currency.code
    }

    init(_ text: String) {
        let space = text.lastIndex(of: " ")
        account = String(text[..<(space ?? text.endIndex)])
        // A plain account, as somebody may type it, stands for all of its rows.
        currency = space.map { String(text[text.index(after: $0)...]) } ?? "\u{10FFFF}"
    }

    var text: String { "\(account) \(currency)" }
}
