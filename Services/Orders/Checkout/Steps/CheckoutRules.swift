import Contracts
import Lifecycle
import RPC
import Saga
import Wire

/// What a peer answered to a step.
enum PeerReply: Sendable {
    case hold(HoldReply)
    case payment(PaymentReply)
    case refund(RefundReply)

    var summary: String {
        switch self {
        case .hold(let hold): hold.state.word
        case .payment(let payment): payment.state.word
        case .refund(let refund): refund.state.word
        }
    }
}

typealias CheckoutEvent = SagaEvent<PeerReply>

/// The life of a checkout: a pure function of the row, what happened, and the time of the decision.
/// It decides what each answer means and what is called next. `SagaCore` is asked only what to do
/// when a call has no answer, and where an undo begins.
struct CheckoutRules: Sendable {
    let core: SagaCore

    /// `epoch` is that of the process that asks, and `isFollowed` whether it has acted on the event
    /// already, before committing it.
    func decide(
        _ checkout: Checkout, _ event: CheckoutEvent, now: Instant, epoch: Int64,
        isFollowed: Bool = false
    ) -> Decision {
        var decision = Decision(
            checkout, now: now, isInherited: checkout.epoch != epoch, isFollowed: isFollowed)
        // Someone else has moved the checkout on since this call was sent.
        guard checkout.position == event.position else { return decision }
        let ageMs = checkout.createdAt.millisecondsUntil(now)
        switch event.outcome {
        case .slow:
            paidMeanwhile(event.position, &decision)
            return decision
        case .unknown(let error, let retryInMs):
            decision.checkout.trouble = "\(error.reason.name): \(error.message)"
            if checkout.state == .new, checkout.isCancelRequested {
                calledOff(&decision)
                return decision
            }
            switch core.next(event.position, .unknown, ageMs: ageMs) {
            case .again(let position):
                paidMeanwhile(position, &decision)
                decision.pause(position, ms: retryInMs)
                unanswered(position, now, &decision)
            case .park(let reason): decision.park(reason)
            case .call where event.position.direction == .act && checkout.state == .cancelling:
                // It is sold, and only its price is asked for.
                decision.pause(event.position.again, ms: retryInMs)
            case .call(let undo):
                decision.checkout.problem = Problem(error: timedOut(error))
                decision.move(to: .cancelling)
                decision.call(
                    decision.mayHaveGoneFurther ? SagaPosition(StepName.pay, .undo) : undo)
            default: decision.park("no way on from \(event.position.step)")
            }
            return decision
        case .done(let reply):
            decision.end(event.position, "DONE", reply.summary)
            done(event.position, reply, now, &decision)
        case .waiting(let reply):
            waiting(event.position, reply, now, &decision)
        case .refused(let error):
            decision.end(event.position, "REFUSED", error.reason.name)
            if SagaCore.isDenial(error.reason) {
                decision.park("\(event.position.step) was denied: \(error.reason.name)")
            } else {
                refused(event.position, error, now, &decision)
            }
        }
        return decision
    }

    /// While ConsumeHold has no answer, the buyer is told that the money has come.
    private func paidMeanwhile(_ position: SagaPosition, _ decision: inout Decision) {
        guard position.step == StepName.consume, decision.checkout.state == .committing else {
            return
        }
        decision.move(to: .paid)
    }

    /// What the buyer is told when Inventory could not be asked for a minute.
    private func timedOut(_ error: RPCError) -> RPCError {
        RPCError(
            .notReservedInTime, "Inventory could not be asked in time: \(error.reason.name)",
            executed: false)
    }

    private func done(
        _ position: SagaPosition, _ reply: PeerReply, _ now: Instant, _ decision: inout Decision
    ) {
        switch (position.step, position.direction, reply) {
        case (StepName.reserve, .act, .hold(let hold)) where decision.checkout.state == .cancelling:
            soldBefore(hold, &decision)
        case (StepName.reserve, .act, .hold(let hold)): reserved(hold, now, &decision)
        case (StepName.reserve, .undo, .hold(let hold)): released(hold, &decision)
        case (StepName.buyer, .act, .hold(let hold)): looked(hold, now, &decision)
        case (StepName.extend, .act, .hold(let hold)): extended(hold, now, &decision)
        case (StepName.start, .act, .payment(let payment)),
            (StepName.poll, .act, .payment(let payment)):
            ready(payment, &decision)
        case (StepName.pay, .act, .payment(let payment)): paid(payment, &decision)
        case (StepName.pay, .undo, .payment(let payment)) where payment.isKept:
            decision.checkout.owed = payment.captured
            captureAfterAll(&decision)
        case (StepName.pay, .undo, .payment) where decision.checkout.owed != nil:
            decision.park("the payment was captured, and is \(reply.summary) now")
        case (StepName.pay, .undo, .payment):
            decision.call(SagaPosition(StepName.reserve, .undo))
        case (StepName.consume, .act, _): consumed(&decision)
        case (StepName.reopen, .act, .hold(let hold)): reopened(hold, now, &decision)
        case (StepName.supersede, .act, .payment(let payment)):
            givenUp(payment, &decision)
        case (StepName.fence, .act, _) where decision.checkout.isBeingSold:
            decision.call(SagaPosition(StepName.consume))
        case (StepName.fence, .act, _):
            // The payment has been taken: asked again, it answers what has become of it.
            decision.checkout.owed = nil
            decision.move(to: .committing)
            let isFree = decision.checkout.isFree
            decision.call(SagaPosition(isFree ? StepName.consume : StepName.pay))
        case (StepName.refund, .act, _):
            decision.checkout.isRefundSettled = true
            refundedOrReleasing(&decision)
        default: decision.park("\(position.step) answered \(reply.summary)")
        }
    }

    private func waiting(
        _ position: SagaPosition, _ reply: PeerReply, _ now: Instant, _ decision: inout Decision
    ) {
        switch (position.step, position.direction, reply) {
        case (StepName.pay, .act, .payment(let payment)):
            decision.end(position, "WAITING", reply.summary)
            open(payment, &decision)
        case (StepName.start, _, .payment(let payment)):
            decision.end(position, "WAITING", reply.summary)
            if decision.checkout.state == .reserved { decision.move(to: .paying) }
            awaited(payment, SagaPosition(StepName.poll), now, &decision)
        case (StepName.poll, _, .payment(let payment)):
            awaited(payment, position, now, &decision)
        case (StepName.refund, _, _) where !decision.checkout.isHoldReleased:
            decision.end(position, "WAITING", reply.summary)
            decision.call(SagaPosition(StepName.reserve, .undo))
        case (StepName.refund, _, _):
            decision.pause(position.again, ms: pollMs(position.attempt))
        default: decision.park("\(position.step) answered \(reply.summary)")
        }
    }

    private func refused(
        _ position: SagaPosition, _ error: RPCError, _ now: Instant, _ decision: inout Decision
    ) {
        switch (position.step, position.direction) {
        case (StepName.reserve, .act) where decision.checkout.state == .cancelling:
            decision.park("reserve was refused: \(error.reason.name)")
        case (StepName.reserve, .undo)
        where error.reason == .holdConsumed && decision.checkout.isStockUnknown:
            // By a process before this one, whose last commit was never made.
            decision.call(SagaPosition(StepName.reserve))
        case (StepName.reserve, .act) where decision.mayHaveGoneFurther:
            giveUp(Self.asAsked(error), from: StepName.reserve, &decision)
        case (StepName.reserve, .act) where error.reason == .idempotencyConflict:
            // This database has forgotten a purchase of the same id, which may be paid.
            decision.park("reserve was refused: \(error.reason.name)")
        case (StepName.reserve, .act):
            decision.checkout.problem = Problem(error: Self.asAsked(error))
            decision.move(to: .rejected)
        case (_, _)
        where error.reason == .amountMismatch || error.reason == .holdConsumed
            || error.reason == .idempotencyConflict:
            decision.park("\(position.step) was refused: \(error.reason.name)")
        case (StepName.pay, .act) where error == Self.calledOffInTime: calledOff(&decision)
        case (StepName.pay, .act): declined(error, &decision)
        case (StepName.start, .act), (StepName.poll, .act):
            attemptFailed(position, error, now, &decision)
        case (StepName.extend, .act): notExtended(error, &decision)
        case (StepName.buyer, .act): timeIsOver(&decision)
        case (StepName.supersede, .act) where error.reason == .alreadyCaptured:
            capturedInstead(Money(capturedBy: error), &decision)
        case (StepName.pay, .undo) where error.reason == .alreadyCaptured:
            decision.checkout.owed = Money(capturedBy: error)
            captureAfterAll(&decision)
        case (StepName.reopen, .act):
            decision.move(to: .expiring)
            decision.call(SagaPosition(StepName.pay, .undo))
        case (StepName.consume, .act)
        where error.reason == .holdState || error.reason == .holdExpired:
            // A ReopenHold that was asked again has come late, after the fence: fence it once more.
            decision.call(SagaPosition(StepName.fence))
        case (StepName.fence, .act) where decision.checkout.isBeingSold:
            decision.park("what is paid cannot be fenced: \(error.reason.name)")
        case (StepName.fence, .act): notFenced(error, &decision)
        default:
            decision.park("\(position.step) was refused: \(error.reason.name)")
        }
    }
}
