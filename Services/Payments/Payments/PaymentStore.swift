import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Wire

/// What Payments keeps. Each function is one command: load, decide by the rules, write.
struct PaymentStore: Sendable {
    let database: Database

    /// The payment, new with the intent of its first call, or as it is when it was known.
    ///
    /// - Throws: `LIVE_PAYMENT_EXISTS {paymentId}`, and what a replay may be refused for.
    func create(_ request: CreatePaymentRequest) async throws -> Payment {
        try await database.write(.saga) { batch in
            if let known = try batch.find(PaymentRow.self, request.paymentId)?.payment {
                try PaymentRules.checkReplay(request, known)
                guard let change = PaymentRules.age(known, now: batch.now) else { return known }
                return try batch.apply(change, to: known)
            }
            let checkout = try batch.find(LivePaymentRow.self, request.checkoutId)
            if let live = checkout?.livePaymentID {
                throw RPCError(
                    .livePaymentExists, "the checkout has a payment that is not over",
                    detail: ["paymentId": .id(live)])
            }
            let payment = PaymentRules.create(request, now: batch.now).payment
            let row = LivePaymentRow(
                checkoutID: payment.checkoutID, livePaymentID: payment.paymentID)
            if checkout == nil { try batch.insert(row) } else { try batch.update(row) }
            try batch.insert(PaymentRow(payment))
            return payment
        }
    }

    /// Writes what `rule` decides about a payment; nil from it writes nothing.
    ///
    /// - Returns: the payment as it is then.
    /// - Throws: `PAYMENT_NOT_FOUND`, and what the rule throws.
    @discardableResult
    func decide(
        _ paymentID: UUID, _ rule: @escaping @Sendable (Payment, Instant) throws -> PaymentChange?
    ) async throws -> Payment {
        try await database.write(.saga, essential: true) { batch in
            guard let payment = try batch.find(PaymentRow.self, paymentID)?.payment else {
                throw RPCError.unknown(.payment, paymentID)
            }
            guard let change = try rule(payment, batch.now) else { return payment }
            return try batch.apply(change, to: payment)
        }
    }

    /// The payment as `decide` leaves it, or a tombstone when nobody has heard of it.
    func decideOrBury(
        _ request: VoidPaymentRequest,
        _ rule: @escaping @Sendable (Payment, Instant) throws -> PaymentChange?
    ) async throws -> Payment {
        try await database.write(.saga, essential: true) { batch in
            guard let payment = try batch.find(PaymentRow.self, request.paymentId)?.payment else {
                let tombstone = PaymentRules.tombstone(request, now: batch.now)
                try batch.insert(PaymentRow(tombstone))
                return tombstone
            }
            guard let change = try rule(payment, batch.now) else { return payment }
            return try batch.apply(change, to: payment)
        }
    }

    /// Deletes tombstones: payments that were given up before they were created. One that a
    /// provider heard of is never deleted.
    static func forget(_ batch: Batch, before: Instant, limit: Int64) throws -> Int {
        try batch.execute(
            """
            DELETE FROM payment WHERE payment_id IN (
                SELECT payment_id FROM payment
                WHERE provider IS NULL AND created_at < \(before)
                ORDER BY created_at LIMIT \(limit))
            """)
    }
}

extension Batch {
    /// Writes a payment with its facts, its bookings and the obligation that comes of it.
    func apply(_ change: PaymentChange, to before: Payment) throws -> Payment {
        let payment = try write(change.payment, before: before)
        if let obligation = change.obligation { try insert(RefundRow(obligation)) }
        try book(change.bookings)
        for fact in change.facts {
            emit(fact, subject: payment.paymentID, CBOR.encode(PaymentReply(payment)))
        }
        return payment
    }

    func write(_ payment: Payment, before: Payment) throws -> Payment {
        var payment = payment
        payment.version = before.version &+ 1
        try update(PaymentRow(payment))
        if before.isLive, !payment.isLive,
            let row = try find(LivePaymentRow.self, payment.checkoutID),
            row.livePaymentID == payment.paymentID
        {
            try update(LivePaymentRow(checkoutID: payment.checkoutID, livePaymentID: nil))
        }
        return payment
    }
}
