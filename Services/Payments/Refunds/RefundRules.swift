import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Text
import Wire

/// A refund after a decision, with the payment that it changes and all that is committed with it.
struct RefundChange: Equatable, Sendable {
    var refund: Refund
    var payment: Payment
    var facts: [String] = []
    var bookings: [Booking] = []
}

/// When money goes back. Pure.
enum RefundRules {
    /// A new obligation. The money is owed from here on, whatever the provider says.
    ///
    /// - Throws: `PAYMENT_STATE`, `AMOUNT_MISMATCH` for another currency,
    ///   `REFUND_EXCEEDS_CAPTURED {available}`.
    static func request(
        _ request: RefundPaymentRequest, _ payment: Payment, now: Instant
    ) throws -> RefundChange {
        guard payment.state == .captured, let terms = payment.terms else {
            throw PaymentRules.wrongState(payment)
        }
        guard request.amount.currency == terms.amount.currency else {
            throw RPCError(.amountMismatch, "the payment is in \(terms.amount.currency.code)")
        }
        let available = payment.captured - payment.refundOwed
        guard request.amount.amount <= available else {
            throw RPCError(
                .refundExceedsCaptured,
                "\(Money(available, terms.amount.currency).text) is left to refund",
                detail: ["available": .integer(available)])
        }
        let refund = Refund(
            refundID: request.refundId, paymentID: payment.paymentID,
            checkoutID: payment.checkoutID, provider: terms.provider, amount: request.amount,
            kind: request.kind, reason: request.reason, createdAt: now,
            nextTryAt: now.advanced(byMs: PaymentTimes.intentMs))
        var change = RefundChange(refund: refund, payment: payment)
        change.bookings.append(.refundOwed(refund, payment, terms))
        change.payment.refundOwed += request.amount.amount
        return change
    }

    /// Holds a replayed RefundPayment against what is stored.
    static func checkReplay(_ request: RefundPaymentRequest, _ refund: Refund) throws {
        try request.checkReplay(
            of: RefundPaymentRequest(
                refundId: refund.refundID, paymentId: refund.paymentID, amount: refund.amount,
                kind: refund.kind, reason: refund.reason))
    }

    /// What the provider answered to `refund.key`; nil when the refund is over already.
    static func apply(
        _ answer: RefundAnswer, to refund: Refund, _ payment: Payment, now: Instant
    ) -> RefundChange? {
        guard refund.state != .succeeded, refund.state != .parked else { return nil }
        var change = RefundChange(refund: refund, payment: payment)
        switch answer {
        case .succeeded: settle(&change, now)
        case .failed(let reason):
            change.refund.lastError = reason
            change.refund.tries = 0
            if refund.attempt >= PaymentTimes.refundAttempts {
                change.refund.state = .parked
                change.refund.nextTryAt = nil
                change.facts.append(PaymentsFact.refundParked)
            } else {
                change.refund.state = .requested
                change.refund.attempt += 1
                change.refund.nextTryAt = now.advanced(
                    byMs: PaymentTimes.retryMs(tries: refund.attempt + 1))
            }
        case .uncertain(let reason), .unavailable(let reason):
            if case .uncertain = answer { change.refund.state = .submitted }
            change.refund.lastError = reason
            change.refund.nextTryAt = now.advanced(byMs: PaymentTimes.retryMs(tries: refund.tries))
            change.refund.tries = refund.tries &+ 1
        }
        return change
    }

    /// A human's decision to ask again, now; nil when there is nothing left to ask.
    static func retry(_ refund: Refund, now: Instant) -> Refund? {
        guard refund.state != .succeeded else { return nil }
        var refund = refund
        if refund.state == .parked {
            // The last key was refused for good.
            refund.state = .requested
            refund.attempt = refund.attempt &+ 1
        }
        refund.nextTryAt = now
        refund.tries = 0
        return refund
    }

    private static func settle(_ change: inout RefundChange, _ now: Instant) {
        change.refund.state = .succeeded
        change.refund.lastError = nil
        change.refund.settledAt = now
        change.refund.nextTryAt = nil
        if !change.refund.isMismatchReturn {
            change.payment.refunded += change.refund.amount.amount
        }
        change.bookings.append(.refunded(change.refund))
        change.facts.append(PaymentsFact.refundSucceeded)
    }
}
