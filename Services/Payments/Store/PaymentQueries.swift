import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage

// What Payments reads: single rows, pages, and what is due.
extension PaymentStore {
    /// - Throws: `PAYMENT_NOT_FOUND`.
    func payment(_ paymentID: UUID) async throws -> Payment {
        let row = try await database.read { try $0.find(PaymentRow.self, paymentID) }
        guard let row else { throw RPCError.unknown(.payment, paymentID) }
        return row.payment
    }

    /// - Throws: `REFUND_NOT_FOUND`.
    func refund(_ refundID: UUID) async throws -> Refund {
        let row = try await database.read { try $0.find(RefundRow.self, refundID) }
        guard let row else { throw RPCError.unknown(.refund, refundID) }
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
        var page = try Page<RefundReply, UUID>(
            of: PaymentsAPI.listObligations.name, among: [request.checkoutId?.text],
            after: request.after, limit: request.limit)
        let after: SQL = page.after.map { "AND refund_id > \($0)" as SQL } ?? ""
        let most = page.rowsToRead
        let rows = try await database.read { reader in
            try reader.select(
                RefundRow.self,
                where: """
                    settled_at IS NULL \(ofCheckout) \(after)
                    ORDER BY refund_id LIMIT \(most)
                    """)
        }
        for row in rows {
            guard try page.take(RefundReply(row.refund), at: row.key) else { break }
        }
        return ListObligationsReply(refunds: page.rows, next: page.next)
    }

    /// Payments of checkouts that have not ended as far as Orders' feed has been read. Watched
    /// ones, which were given up, are not among them.
    func unsettled(_ request: ListUnsettledRequest) async throws -> ListUnsettledReply {
        var page = try Page<PaymentReply, UUID>(
            of: PaymentsAPI.listUnsettled.name, after: request.after, limit: request.limit)
        let after: SQL = page.after.map { "AND payment_id > \($0)" as SQL } ?? ""
        let most = page.rowsToRead
        let rows = try await database.read { reader in
            let (latest, overflow) = reader.now.milliseconds.subtractingReportingOverflow(
                request.olderThanMs ?? 0)
            return try reader.select(
                PaymentRow.self,
                where: """
                    open_since IS NOT NULL AND open_since <= \(overflow ? Int64.min : latest)
                    AND outcome IS NULL AND state NOT IN ('VOIDED', 'FAILED_FINAL') \(after)
                    ORDER BY payment_id LIMIT \(most)
                    """)
        }
        for row in rows {
            guard try page.take(PaymentReply(row.payment), at: row.key) else { break }
        }
        return ListUnsettledReply(payments: page.rows, next: page.next)
    }
}
