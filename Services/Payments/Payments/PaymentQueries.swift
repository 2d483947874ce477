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

    /// Payments that somebody must look at now, the longest due first: by their ids, so that one
    /// that can't be read hides no other.
    func duePayments(
        of lane: Lane, after last: DueLoop<UUID>.Due?, limit: Int
    ) async throws -> [DueLoop<UUID>.Due] {
        let behind: SQL =
            last.map { "AND (next_try_at, payment_id) > (\($0.at), \($0.id))" } ?? ""
        return try await database.read { reader in
            try reader.query(
                """
                SELECT payment_id, next_try_at FROM payment
                WHERE \(lane.condition) AND next_try_at <= \(reader.now) \(behind)
                    AND open_since IS NOT NULL
                ORDER BY next_try_at, payment_id LIMIT \(limit)
                """
            ) { DueLoop.Due(id: try $0.next(), at: try $0.next()) }
        }
    }

    /// The payment, if it is still due, and the time by which it is.
    func duePayment(_ paymentID: UUID) async throws -> (payment: Payment, now: Instant)? {
        try await database.read { reader in
            let payment = try reader.find(PaymentRow.self, paymentID)?.payment
            guard let due = payment?.nextTryAt, due <= reader.now else { return nil }
            return payment.map { ($0, reader.now) }
        }
    }

    /// Payments of checkouts that have not ended as far as Orders' feed has been read. Watched
    /// ones, which were given up, are not among them.
    func unsettled(_ request: ListUnsettledRequest) async throws -> ListUnsettledReply {
        var page = try Page<PaymentReply, UUID>(
            of: PaymentsAPI.listUnsettled.name, after: request.after, limit: request.limit)
        let most = page.rowsToRead
        var last = page.after
        while true {
            let after: SQL = last.map { "AND payment_id > \($0)" as SQL } ?? ""
            let rows = try await database.read { reader in
                let (latest, overflow) = reader.now.milliseconds.subtractingReportingOverflow(
                    request.olderThanMs ?? 0)
                return try reader.readable(
                    PaymentRow.self,
                    where: """
                        open_since IS NOT NULL AND open_since <= \(overflow ? Int64.min : latest)
                        AND outcome IS NULL AND state NOT IN ('VOIDED', 'FAILED_FINAL') \(after)
                        ORDER BY payment_id LIMIT \(most)
                        """)
            }
            // One that can't be read is the `SettleJob`'s alarm, and stands in no list.
            for case (let id, .success(let row)) in rows {
                guard page.take(PaymentReply(row.payment), at: id) else {
                    return ListUnsettledReply(payments: page.rows, next: page.next)
                }
            }
            guard rows.count == most else { break }
            last = rows.last?.key
        }
        return ListUnsettledReply(payments: page.rows, next: page.next)
    }
}
