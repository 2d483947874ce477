import Contracts
import Crypto
import FoundationEssentials
import Lifecycle
import RPC
import Text
import Wire

/// What a caller's wish does to a payment. Pure: what is already known decides; `nil` as a change
/// means that there is nothing to write.
enum PaymentRules {
    static func terms(_ request: CreatePaymentRequest) -> PaymentTerms {
        PaymentTerms(
            eventID: request.eventId, owner: request.owner, amount: request.amount,
            provider: request.provider, captureMode: request.captureMode,
            methodDigest: digest(request.paymentMethod, of: request.paymentId),
            expiresInMs: request.expiresInMs)
    }

    /// Salted with the payment's id, so that nobody can tell that two payments were made with one
    /// card.
    private static func digest(_ method: String?, of paymentID: UUID) -> [UInt8] {
        guard let method else { return [] }
        let salt = withUnsafeBytes(of: paymentID.uuid) { Array($0) }
        return Array(Digest.sha256(salt + Array(method.utf8)).prefix(16))
    }

    /// Whether a token is the one of a stored digest. Those of eight bytes are older than the salt.
    private static func isSame(
        _ method: String?, as stored: [UInt8], of paymentID: UUID
    ) -> Bool {
        guard let method, stored.count == 8 else {
            return Digest.equal(digest(method, of: paymentID), stored)
        }
        return Digest.equal(Array(Digest.sha256(Array(method.utf8)).prefix(8)), stored)
    }

    /// A new payment with the intent of its first call.
    static func create(_ request: CreatePaymentRequest, now: Instant) -> PaymentChange {
        var change = PaymentChange(
            Payment(
                paymentID: request.paymentId, checkoutID: request.checkoutId,
                terms: terms(request), state: .created, method: request.paymentMethod,
                createdAt: now))
        change.intend(request.captureMode == .sale ? .sale : .authorise, now: now)
        return change
    }

    /// Holds a replayed CreatePayment against what is stored.
    ///
    /// - Throws: `ALREADY_VOIDED` on a tombstone, `IDEMPOTENCY_CONFLICT {differingFields}`.
    static func checkReplay(_ request: CreatePaymentRequest, _ payment: Payment) throws {
        guard let stored = payment.terms else {
            throw RPCError(.alreadyVoided, "the payment was given up before it was created")
        }
        let isSameMethod = isSame(
            request.paymentMethod, as: stored.methodDigest, of: payment.paymentID)
        try request.checkReplay(
            of: CreatePaymentRequest(
                paymentId: payment.paymentID, checkoutId: payment.checkoutID,
                eventId: stored.eventID, owner: stored.owner, amount: stored.amount,
                provider: stored.provider, captureMode: stored.captureMode,
                paymentMethod: request.paymentMethod.asKept(ifSame: isSameMethod),
                expiresInMs: stored.expiresInMs))
    }

    /// The intent to capture; nil when it is captured already.
    static func capture(
        _ payment: Payment, _ amount: Money, now: Instant
    ) throws -> PaymentChange? {
        guard let terms = payment.terms else {
            throw RPCError(.alreadyVoided, "the payment was given up before it was created")
        }
        guard amount == terms.amount else {
            throw RPCError(.amountMismatch, "the payment is over \(terms.amount.text)")
        }
        switch payment.state {
        case .captured: return nil
        case .voided: throw RPCError(.alreadyVoided, "the payment was given up")
        case .failedFinal: throw refusal(payment)
        case .authorised:
            var change = PaymentChange(payment)
            change.intend(.capture, now: now)
            return change
        default: throw wrongState(payment)
        }
    }

    /// The intent to give a payment up; nil when that has come true by itself, or its money came
    /// when it had been given up, and is on its way back.
    static func void(_ payment: Payment, now: Instant) throws -> PaymentChange? {
        switch payment.state {
        case .voided, .failedFinal: return nil
        case .captured where !payment.isLive: return nil
        case .captured:
            throw RPCError(
                .alreadyCaptured, "the money has been taken",
                detail: [
                    "amount": .integer(payment.captured),
                    "currency": .text(payment.terms?.amount.currency.code ?? ""),
                ])
        default:
            var change = PaymentChange(payment)
            change.intend(.void, now: now)
            return change
        }
    }

    /// What time alone does to a payment; nil while it does nothing.
    static func age(_ payment: Payment, now: Instant) -> PaymentChange? {
        lapse(payment, now: now) ?? loseKey(payment, now: now)
    }

    /// Giving a payment's first call up for reading, once its key may be forgotten.
    private static func loseKey(_ payment: Payment, now: Instant) -> PaymentChange? {
        guard payment.operation == .sale || payment.operation == .authorise,
            payment.createdAt.millisecondsUntil(now) >= PaymentTimes.keyMs
        else { return nil }
        var change = PaymentChange(payment)
        change.payment.operation = .find
        return change
    }

    /// The intent to void what still waits for a buyer whose time is over; nil while it is not.
    private static func lapse(_ payment: Payment, now: Instant) -> PaymentChange? {
        guard let terms = payment.terms, payment.operation == nil,
            payment.state == .requiresAction || payment.state == .created,
            now >= payment.createdAt.advanced(byMs: terms.expiresInMs)
        else { return nil }
        var change = PaymentChange(payment)
        change.intend(.void, now: now)
        return change
    }

    /// The same call again later, as its answer is still not known.
    static func askLater(_ payment: Payment, now: Instant) -> PaymentChange {
        var change = PaymentChange(payment)
        let isCall = payment.operation != nil
        change.payment.nextTryAt = now.advanced(
            byMs: isCall
                ? PaymentTimes.retryMs(tries: payment.tries)
                : PaymentTimes.pollMs(tries: payment.tries))
        change.payment.tries = payment.tries &+ 1
        return change
    }

    /// What remains of a payment that is given up before it is created.
    static func tombstone(_ request: VoidPaymentRequest, now: Instant) -> Payment {
        Payment(
            paymentID: request.paymentId, checkoutID: request.checkoutId, terms: nil,
            state: .voided, createdAt: now)
    }

    /// The refusal that a payment which failed for good answers with.
    static func refusal(_ payment: Payment) -> RPCError {
        let failure = payment.failure
        switch failure?.reason {
        case PaymentFailure.amountMismatch.reason, PaymentFailure.authorisedMismatch.reason:
            return RPCError(.amountMismatch, "the provider reports another amount")
        case PaymentFailure.authorisationExpired:
            return RPCError(
                .authorisationExpired, "the authorisation has lapsed",
                detail: ["state": .text(payment.state.word)])
        default:
            return RPCError(
                .declined, "the provider declined",
                detail: [
                    "reason": .text(failure?.reason ?? "unknown"),
                    "retryable": .bool(failure?.isRetryable ?? false),
                    "state": .text(payment.state.word),
                ])
        }
    }

    static func wrongState(_ payment: Payment) -> RPCError {
        RPCError(
            .paymentState, "the payment is \(payment.state.word)",
            detail: ["state": .text(payment.state.word)])
    }

    /// How a checkout's end closes its payment; nil when it was closed before. Without a sale no
    /// money is kept, taken or reserved, whoever has begun the payment.
    static func close(
        _ payment: Payment, _ outcome: CheckoutOutcome, tax: Int64, now: Instant
    ) -> PaymentChange? {
        guard payment.outcome == nil, let terms = payment.terms else { return nil }
        var change = PaymentChange(payment)
        change.payment.outcome = outcome
        if outcome == .completed {
            change.payment.tax = min(max(tax, 0), terms.amount.amount)
            if payment.state == .captured {
                change.bookings.append(.completed(change.payment, terms))
            }
        } else if payment.state == .captured, payment.isLive {
            change.oweBack(terms, because: "its checkout was \(outcome.word)", now: now)
        } else {
            change.giveUp(now: now)
        }
        return change
    }
}
