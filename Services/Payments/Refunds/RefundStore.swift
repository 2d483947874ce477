import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Wire

// What is owed to buyers.
extension PaymentStore {
    /// The refund, new as an obligation, or as it is when it was known.
    func request(
        _ request: RefundPaymentRequest
    ) async throws -> (refund: Refund, isNew: Bool) {
        try await database.write(.saga, essential: true) { batch in
            if let known = try batch.find(RefundRow.self, request.refundId)?.refund {
                try RefundRules.checkReplay(request, known)
                return (known, false)
            }
            guard let payment = try batch.find(PaymentRow.self, request.paymentId)?.payment else {
                throw RPCError.unknown(.payment, request.paymentId)
            }
            let change = try RefundRules.request(request, payment, now: batch.now)
            try batch.insert(RefundRow(change.refund))
            try batch.apply(change, to: payment)
            return (change.refund, true)
        }
    }

    /// The refund, made due at once.
    func retry(_ refundID: UUID) async throws -> Refund {
        try await database.write(.saga, essential: true) { batch in
            guard let refund = try batch.find(RefundRow.self, refundID)?.refund else {
                throw RPCError.unknown(.refund, refundID)
            }
            guard let due = RefundRules.retry(refund, now: batch.now) else { return refund }
            try batch.update(RefundRow(due))
            return due
        }
    }

    /// Writes what the provider answered to an ask under `asked.key`; an answer to an earlier
    /// attempt says nothing about this one.
    func settle(_ asked: Refund, _ answer: RefundAnswer) async throws -> Refund {
        try await database.write(.saga, essential: true) { batch in
            guard let refund = try batch.find(RefundRow.self, asked.refundID)?.refund,
                let payment = try batch.find(PaymentRow.self, asked.paymentID)?.payment
            else { throw RPCError.unknown(.refund, asked.refundID) }
            guard refund.attempt == asked.attempt,
                let change = RefundRules.apply(answer, to: refund, payment, now: batch.now)
            else { return refund }
            try batch.update(RefundRow(change.refund))
            try batch.apply(change, to: payment)
            return change.refund
        }
    }
}

extension PaymentStore {
    /// - Throws: `REFUND_NOT_FOUND`.
    func refund(_ refundID: UUID) async throws -> Refund {
        let row = try await database.read { try $0.find(RefundRow.self, refundID) }
        guard let row else { throw RPCError.unknown(.refund, refundID) }
        return row.refund
    }

    /// Refunds that somebody must look at now, in the same way as payments.
    func dueRefunds(
        of lane: Lane, after last: DueLoop<UUID>.Due?, limit: Int
    ) async throws -> [DueLoop<UUID>.Due] {
        let behind: SQL =
            last.map { "AND (next_try_at, refund_id) > (\($0.at), \($0.id))" } ?? ""
        return try await database.read { reader in
            try reader.query(
                """
                SELECT refund_id, next_try_at FROM refund
                WHERE \(lane.condition) AND next_try_at <= \(reader.now) \(behind)
                    AND settled_at IS NULL
                ORDER BY next_try_at, refund_id LIMIT \(limit)
                """
            ) { DueLoop.Due(id: try $0.next(), at: try $0.next()) }
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
        let page = try Page<RefundReply, UUID>(
            of: PaymentsAPI.listObligations.name, among: [request.checkoutId?.text],
            after: request.after, limit: request.limit)
        let after: SQL = page.after.map { "AND refund_id > \($0)" as SQL } ?? ""
        return try await database.read { reader in
            var page = page
            let rows = try reader.select(
                RefundRow.self,
                where: """
                    settled_at IS NULL \(ofCheckout) \(after)
                    ORDER BY refund_id LIMIT \(page.rowsToRead)
                    """)
            for row in rows {
                guard page.take(RefundReply(row.refund), at: row.key) else { break }
            }
            return ListObligationsReply(refunds: page.rows, next: page.next)
        }
    }
}

extension Batch {
    /// Writes the payment's part in a refund, the refund's facts and bookings; not the refund.
    func apply(_ change: RefundChange, to before: Payment) throws {
        if change.payment != before { _ = try write(change.payment, before: before) }
        try book(change.bookings)
        for fact in change.facts {
            emit(
                fact, subject: change.refund.refundID,
                CBOR.encode(RefundReply(change.refund)))
        }
    }
}
