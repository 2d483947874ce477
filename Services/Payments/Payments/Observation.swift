import Contracts
import FoundationEssentials
import Lifecycle

/// What the provider says a payment is, applied to what we know of it. Pure, and the same for the
/// answer to a call, a poll and a late result: the order of arrival never decides, the position
/// (attempt, rank) does, and it only goes up.
enum Observation {
    /// Nil when there is nothing new in it, not even about a pending call.
    static func apply(
        _ seen: ProviderPayment, to payment: Payment, now: Instant
    ) -> PaymentChange? {
        guard let terms = payment.terms, isPossible(seen) else { return nil }
        var change = PaymentChange(payment)
        switch seen.status {
        case .captured: captured(seen, terms, &change, now)
        case .authorised: authorised(seen, terms, &change, now)
        case .declined(let reason, let isRetryable, let isFinal):
            let failure = PaymentFailure(reason: reason, isRetryable: isRetryable)
            declined(failure, isFinal: isFinal, seen, &change)
        case .voided:
            if payment.state.rank < PaymentState.voided.rank { change.move(to: .voided) }
        case .requiresAction(let secret):
            if rise(to: .requiresAction, seen, &change) { change.payment.clientSecret = secret }
        case .processing: _ = rise(to: .processing, seen, &change)
        }
        settlePending(seen, before: payment, &change, now)
        if change.payment.isUnwanted { change.giveUp(now: now) }
        return change == PaymentChange(payment) ? nil : change
    }

    /// The same for whoever was told to look, perhaps in vain: what is no news does not put off the
    /// next poll.
    static func hear(
        _ seen: ProviderPayment, of payment: Payment, now: Instant
    ) -> PaymentChange? {
        guard var change = apply(seen, to: payment, now: now) else { return nil }
        guard change.facts.isEmpty, change.payment.operation == payment.operation else {
            return change
        }
        change.payment.tries = payment.tries
        change.payment.nextTryAt = payment.nextTryAt
        return change == PaymentChange(payment) ? nil : change
    }

    /// Amounts that could not have come from us, nor be added up safely, are not believed.
    private static func isPossible(_ seen: ProviderPayment) -> Bool {
        let range = 0...PaymentLimits.maxAmount
        return seen.attempt >= 1 && range.contains(seen.amount.amount) && range.contains(seen.fee)
    }

    /// Moves up to a state below the final ones; false when it would not be up.
    private static func rise(
        to state: PaymentState, _ seen: ProviderPayment, _ change: inout PaymentChange
    ) -> Bool {
        let payment = change.payment
        let isUp = (payment.attempt, payment.state.rank) < (seen.attempt, state.rank)
        guard isUp, payment.state.rank < PaymentState.voided.rank else { return false }
        change.move(to: state, attempt: seen.attempt)
        return true
    }

    private static func authorised(
        _ seen: ProviderPayment, _ terms: PaymentTerms, _ change: inout PaymentChange,
        _ now: Instant
    ) {
        switch change.payment.state {
        case .voided, .failedFinal:
            // It was authorised after it was given up: give it up there, too.
            change.intend(.void, now: now)
        default:
            guard seen.amount == terms.amount else {
                fail(.authorisedMismatch, &change)
                change.intend(.void, now: now)
                return
            }
            if rise(to: .authorised, seen, &change) {
                change.payment.authorised = seen.amount.amount
            }
        }
    }

    /// The money is there. It absorbs whatever else is said later, and it always has an owner:
    /// where nobody waits for it any more, it is owed back at once.
    private static func captured(
        _ seen: ProviderPayment, _ terms: PaymentTerms, _ change: inout PaymentChange,
        _ now: Instant
    ) {
        let before = change.payment
        guard before.state != .captured else { return }
        guard seen.amount == terms.amount else { return quarantine(seen, &change, now) }
        change.move(to: .captured, attempt: max(seen.attempt, before.attempt))
        change.payment.captured = seen.amount.amount
        change.payment.fee = seen.fee
        if terms.captureMode == .authCapture { change.payment.authorised = seen.amount.amount }
        change.bookings.append(.captured(change.payment, terms))
        if before.outcome == .completed {
            change.bookings.append(.completed(change.payment, terms))
        } else if before.state == .voided || before.state == .failedFinal || before.isUnwanted {
            change.oweBack(terms, because: "paid after it was given up", now: now)
        }
    }

    /// The provider took another amount than it was asked for: there is no order for that, it is
    /// owed back apart from the payment, and a human hears of it through the saga that parks.
    private static func quarantine(
        _ seen: ProviderPayment, _ change: inout PaymentChange, _ now: Instant
    ) {
        let payment = change.payment
        guard payment.failure != .amountMismatch, let provider = payment.terms?.provider,
            seen.amount.amount > 0
        else { return }
        change.payment.failure = .amountMismatch
        if payment.state.rank < PaymentState.failedFinal.rank { change.move(to: .failedFinal) }
        let refund = Refund(
            refundID: Refund.mismatchID(of: payment.paymentID),
            paymentID: payment.paymentID, checkoutID: payment.checkoutID, provider: provider,
            amount: seen.amount,
            kind: .mismatch, reason: "the provider took another amount", createdAt: now,
            nextTryAt: now)
        change.bookings.append(.mismatch(refund))
        change.obligation = refund
    }

    /// A no to what we asked is final, as nobody can repeat it under this payment; a no to the
    /// buyer's own try opens the next attempt.
    private static func declined(
        _ failure: PaymentFailure, isFinal: Bool, _ seen: ProviderPayment,
        _ change: inout PaymentChange
    ) {
        let payment = change.payment
        guard payment.state.rank < PaymentState.failedFinal.rank, seen.attempt >= payment.attempt
        else { return }
        if payment.operation == .void {
            // Nothing can come of it any more, and that is what was wanted.
            change.move(to: .voided)
        } else if payment.operation != nil || isFinal {
            fail(failure, &change)
        } else {
            let (next, overflow) = seen.attempt.addingReportingOverflow(1)
            change.payment.failure = failure
            change.move(to: .created, attempt: overflow ? seen.attempt : next)
        }
    }

    private static func fail(_ failure: PaymentFailure, _ change: inout PaymentChange) {
        change.payment.failure = failure
        change.move(to: .failedFinal)
    }

    /// Whether the pending call is answered by this, and when to look again.
    private static func settlePending(
        _ seen: ProviderPayment, before: Payment, _ change: inout PaymentChange, _ now: Instant
    ) {
        if change.payment.operation == before.operation, isAnswered(before.operation, by: seen) {
            change.payment.operation = nil
        }
        if change.payment.state != .requiresAction { change.payment.clientSecret = nil }
        guard change.payment.operation == nil else { return }
        change.payment.method = nil
        if change.facts.isEmpty, before.nextTryAt != nil, before.operation == nil {
            change.payment.tries = before.tries &+ 1
        }
        change.payment.nextTryAt = nextLook(change.payment, before: before, now)
    }

    private static func isAnswered(_ operation: Payment.Operation?, by seen: ProviderPayment)
        -> Bool
    {
        switch (operation, seen.status) {
        case (nil, _), (.authorise, _), (.sale, _), (.find, _): true
        case (_, .captured), (_, .voided), (_, .declined): true
        default: false
        }
    }

    private static func nextLook(_ payment: Payment, before: Payment, _ now: Instant) -> Instant? {
        switch payment.state {
        case .created, .requiresAction, .processing:
            return now.advanced(byMs: PaymentTimes.pollMs(tries: payment.tries))
        case .voided where before.state == .processing:
            return now.advanced(byMs: PaymentTimes.pollMs(tries: 0))
        case .voided where before.state == .voided && before.nextTryAt != nil:
            let watched = payment.createdAt.millisecondsUntil(now)
            guard watched < PaymentTimes.watchMs else { return nil }
            return now.advanced(byMs: PaymentTimes.pollMs(tries: payment.tries))
        default: return nil
        }
    }
}
