import Contracts
import Lifecycle
import RPC
import Saga
import Wire

// The long way up to the fence, where the buyer sets the pace and the hold's time runs.

extension CheckoutRules {
    /// How long a hold shall last when a payment begins, and how often an attempt is asked to make
    /// room before the next one is refused.
    static let payingTimeMs: Int64 = 120_000
    private static let supersedeAttempts: Int64 = 3

    /// The payment is awaited while there is one, else the buyer.
    func waitForBuyer(_ hold: HoldReply, _ now: Instant, _ decision: inout Decision) {
        let leftMs = hold.expiresInMs ?? 0
        decision.checkout.holdExpiresAt = now.advanced(byMs: leftMs)
        waitForBuyer(now, &decision)
    }

    private func waitForBuyer(_ now: Instant, _ decision: inout Decision) {
        let leftMs = now.millisecondsUntil(decision.checkout.holdExpiresAt ?? now)
        guard leftMs > 0 else { return timeIsOver(&decision) }
        if decision.checkout.isPaymentLive {
            decision.pause(SagaPosition(StepName.poll), ms: min(pollMs(0), leftMs))
        } else {
            decision.pause(SagaPosition(StepName.buyer), ms: leftMs)
        }
    }

    /// The hold's time should be over by Orders' clock; Inventory's decides.
    func looked(_ hold: HoldReply, _ now: Instant, _ decision: inout Decision) {
        switch hold.state {
        case .active where hold.expiresInMs ?? 0 > 0: waitForBuyer(hold, now, &decision)
        case .committing:
            // It was fenced for an attempt that the buyer has replaced meanwhile.
            decision.call(SagaPosition(StepName.reopen))
        case .consumed: decision.park("the hold is \(hold.state.word) unasked")
        case .released: holdIsGone(hold.givenBack, &decision)
        default: timeIsOver(&decision)
        }
    }

    /// Somebody else gave it back: there is no time left to wait for.
    func holdIsGone(_ error: RPCError, _ decision: inout Decision) {
        decision.dropQueued()
        decision.checkout.problem = Problem(error: error)
        decision.move(to: .cancelling)
        undo(&decision)
    }

    /// The hold lives, and long enough. Asking again answers the same, so this waits for the
    /// payment's first answer, or the fence's.
    func extended(_ hold: HoldReply, _ now: Instant, _ decision: inout Decision) {
        if let leftMs = hold.expiresInMs {
            decision.checkout.holdExpiresAt = now.advanced(byMs: leftMs)
        }
        beginPayment(&decision)
        decision.mayDefer = true
    }

    private func beginPayment(_ decision: inout Decision) {
        let isFencedFirst = decision.checkout.isPaidAtOnce
        decision.call(SagaPosition(isFencedFirst ? StepName.fence : StepName.start))
    }

    /// A hold at its longest is paid within what is left of it. One that is fenced was so by this
    /// attempt, in a process before this one.
    func notExtended(_ error: RPCError, _ decision: inout Decision) {
        switch error.reason {
        case .holdExtendLimit, .holdExtendedOnce, .holdCommitting: beginPayment(&decision)
        case .holdExpired: timeIsOver(&decision)
        default: holdIsGone(error, &decision)
        }
    }

    /// The money is authorised or taken; the stock must be fenced before it goes on. Asking again
    /// answers the same, so both are one commit.
    func ready(_ payment: PaymentReply, _ decision: inout Decision) {
        if decision.checkout.state == .reserved { decision.move(to: .paying) }
        decision.checkout.owed = payment.captured
        decision.checkout.paymentState = payment.state
        decision.checkout.paymentAction = nil
        decision.checkout.paymentError = nil
        decision.call(SagaPosition(StepName.fence))
        decision.mayDefer = true
    }

    /// A purchase in one call that wants the buyer or time goes on the long way.
    func open(_ payment: PaymentReply, _ decision: inout Decision) {
        decision.checkout.way = decision.checkout.way == .short ? .opened : decision.checkout.way
        decision.checkout.isPaymentLive = true
        decision.checkout.paymentState = payment.state
        decision.checkout.paymentAction = payment.clientSecret
        decision.checkout.paymentError = Self.trouble(of: payment)
        decision.move(to: .paying)
        decision.call(SagaPosition(StepName.reopen))
    }

    /// A failed attempt releases nothing: the buyer may begin another while the hold lives. A
    /// payment that was called off at the provider calls the checkout off.
    func attemptFailed(
        _ position: SagaPosition, _ error: RPCError, _ now: Instant, _ decision: inout Decision
    ) {
        let isVoided = error.detail["state"] == .text(PaymentState.voided.word)
        if isVoided, !decision.checkout.isSuperseded {
            decision.endAttempt(.failed, error)
            decision.checkout.problem = Problem(error: error)
            decision.move(to: .cancelling)
            return decision.call(SagaPosition(StepName.reserve, .undo))
        }
        if error.reason == .declined || error.reason == .authorisationExpired {
            if decision.checkout.state == .reserved { decision.move(to: .paying) }
            decision.endAttempt(isVoided ? .superseded : .failed, isVoided ? nil : error)
        } else {
            decision.endAttempt(.refused, error)
        }
        waitForBuyer(now, &decision)
    }

    /// The attempt before is given up, and the one that waited for it begins.
    func givenUp(_ payment: PaymentReply, _ decision: inout Decision) {
        guard !payment.isKept else {
            return capturedInstead(payment.captured, &decision)
        }
        decision.endAttempt(.superseded)
        decision.checkout.attempt = decision.checkout.queued
        decision.checkout.queued = nil
        decision.checkout.isPaymentLive = true
        decision.checkout.paymentError = nil
        decision.call(SagaPosition(StepName.extend))
    }

    /// The buyer had paid by the attempt before, which then is the one.
    func capturedInstead(_ captured: Money?, _ decision: inout Decision) {
        decision.dropQueued()
        decision.checkout.isSuperseded = false
        decision.checkout.owed = captured
        decision.call(SagaPosition(StepName.fence))
    }

    /// A call has no answer, and will be made again: but nothing is begun for a hold that is over.
    /// What was begun is asked for until it is known, since money may have come of it.
    func unanswered(_ position: SagaPosition, _ now: Instant, _ decision: inout Decision) {
        let isBeginning = [StepName.extend, StepName.start, StepName.supersede].contains(
            position.step)
        guard isBeginning, position.direction == .act else { return }
        if let end = decision.checkout.holdExpiresAt, now >= end {
            timeIsOver(&decision)
        } else if position.step == StepName.supersede, position.attempt >= Self.supersedeAttempts {
            // It is still being given up; whether it was paid shows in time.
            decision.dropQueued()
            waitForBuyer(now, &decision)
        }
    }

    /// Captured money without stock goes back; an authorisation is given up.
    func notFenced(_ error: RPCError, _ decision: inout Decision) {
        let isCaptured = decision.checkout.owed != nil || decision.checkout.state == .expiring
        if isCaptured {
            owe(&decision)
        } else if error.reason == .holdReleased {
            holdIsGone(error, &decision)
        } else {
            timeIsOver(&decision)
        }
    }

    /// The hold's time has ended. Money first, then stock.
    func timeIsOver(_ decision: inout Decision) {
        decision.dropQueued()
        decision.move(to: .expiring)
        undo(&decision)
    }

    private func undo(_ decision: inout Decision) {
        decision.pauseMs = nil
        decision.call(
            SagaPosition(decision.checkout.mayHavePayment ? StepName.pay : StepName.reserve, .undo))
    }
}

extension HoldReply {
    /// Why a checkout whose hold this is does not go on.
    var givenBack: RPCError {
        RPCError(
            .holdReleased, "the hold was given back or replaced",
            detail: ["state": .text(state.word)])
    }
}
