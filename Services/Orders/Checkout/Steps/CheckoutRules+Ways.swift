import Contracts
import Lifecycle
import RPC
import Saga
import Wire

// What each answer of a peer does to the row: a function a step and answer, which `decide` calls.

extension CheckoutRules {
    /// Pauses between polls of a payment or refund: a buyer is waiting for it.
    private static let pollsMs: [Int64] = [1_000, 2_000, 5_000, 5_000, 5_000]
    private static let laterPollsMs: Int64 = 15_000

    func pollMs(_ attempt: Int64) -> Int64 {
        Int(exactly: attempt).flatMap {
            Self.pollsMs.indices.contains($0) ? Self.pollsMs[$0] : nil
        } ?? Self.laterPollsMs
    }

    /// Stock is fenced: its price is the promise from here on. A replay answers the same, so this
    /// waits for the payment's answer to be committed with it. Asked by a later process it may
    /// find the hold consumed: then payment and sale are replayed too.
    func reserved(_ hold: HoldReply, _ now: Instant, _ decision: inout Decision) {
        let isSold = hold.state == .consumed
        guard !isSold || decision.mayHaveGoneFurther else {
            return decision.park("the hold was consumed before it was paid")
        }
        if !isSold, decision.checkout.isCancelRequested, !decision.isFollowed {
            return calledOff(&decision)
        }
        // What is sold was sold before anybody heard of a cancellation, and stays sold.
        if isSold { decision.checkout.isCancelRequested = false }
        decision.checkout.lines = hold.lines
        let isLong = decision.checkout.way == .long
        if isLong, hold.state == .expired { return timeIsOver(&decision) }
        if hold.state == .released {
            return giveUp(hold.givenBack, from: StepName.reserve, &decision)
        }
        guard hold.state == (isLong ? .active : .committing) || isSold,
            let totals = decision.checkout.totals
        else {
            let problem = RPCError(
                .holdState, "the hold is \(hold.state.word)",
                detail: ["state": .text(hold.state.word)])
            return giveUp(problem, from: StepName.reserve, &decision)
        }
        if let expected = decision.checkout.expectedTotal, expected != totals.total {
            let problem = RPCError(
                .priceChanged,
                "the total is \(totals.total.text), not \(expected.text); detail has both in minor "
                    + "units",
                detail: ["expected": .of(expected), "actual": .of(totals.total)])
            return giveUp(problem, from: StepName.reserve, &decision)
        }
        guard !isLong else {
            decision.move(to: .reserved)
            return waitForBuyer(hold, now, &decision)
        }
        let isFree = decision.checkout.isFree
        guard isFree || decision.checkout.provider != nil else {
            let problem = RPCError.invalid([PurchaseRules.providerNeeded])
            return giveUp(problem, from: StepName.reserve, &decision)
        }
        decision.move(to: .committing)
        decision.call(SagaPosition(isFree ? StepName.consume : StepName.pay))
        decision.mayDefer = true
    }

    /// A process before this one had sold it: what is left is to say so.
    func soldBefore(_ hold: HoldReply, _ decision: inout Decision) {
        guard hold.state == .consumed else {
            return decision.park("the hold is \(hold.state.word), and was CONSUMED")
        }
        decision.checkout.lines = hold.lines
        decision.checkout.problem = nil
        decision.checkout.owed = nil
        decision.checkout.isCancelRequested = false
        decision.move(to: .committing)
        decision.call(
            SagaPosition(decision.checkout.isFree ? StepName.consume : StepName.pay))
    }

    /// Money is taken. It must be all of it, in the right currency (M-5).
    func paid(_ payment: PaymentReply, _ decision: inout Decision) {
        guard let total = decision.checkout.totals?.total, payment.captured == total else {
            decision.checkout.owed = payment.captured
            return decision.park("AMOUNT_MISMATCH")
        }
        decision.checkout.paymentAction = nil
        decision.checkout.paymentError = nil
        decision.call(SagaPosition(StepName.consume))
        decision.mayDefer = true
    }

    /// The stock is sold: both states at once, unless the wait for it was noted as PAID before.
    func consumed(_ decision: inout Decision) {
        if decision.checkout.state == .committing { decision.move(to: .paid) }
        decision.move(to: .completed)
    }

    /// The hold's time runs again, and the payment is awaited, or the buyer's next.
    func reopened(_ hold: HoldReply, _ now: Instant, _ decision: inout Decision) {
        guard hold.state == .active else { return timeIsOver(&decision) }
        waitForBuyer(hold, now, &decision)
    }

    /// What the provider said of the last attempt, as a checkout keeps it.
    static func trouble(of payment: PaymentReply) -> String? {
        payment.lastError.map { PaymentTrouble(reason: Reason.declined.name, why: $0).text }
    }

    /// The payment is not there yet. When the hold's time is over, this was the last look.
    func awaited(
        _ payment: PaymentReply, _ position: SagaPosition, _ now: Instant,
        _ decision: inout Decision
    ) {
        decision.checkout.paymentAction = payment.clientSecret
        decision.checkout.paymentError = Self.trouble(of: payment)
        decision.checkout.paymentState = payment.state
        let leftMs = now.millisecondsUntil(decision.checkout.holdExpiresAt ?? now)
        guard leftMs > 0 else { return timeIsOver(&decision) }
        let next = position.again
        decision.pause(next, ms: min(pollMs(next.attempt), leftMs))
    }

    /// Money could not be taken. On the long way the buyer may try again, unless they have called
    /// it off. A payment that has failed for good took nothing, so only stock goes back; one that
    /// the buyer might still repeat is voided first.
    func declined(_ error: RPCError, _ decision: inout Decision) {
        let mayTryAgain =
            decision.checkout.way != .short && !decision.checkout.isCancelRequested
        if mayTryAgain {
            decision.endAttempt(error.isOfProvider ? .failed : .refused, error)
            decision.move(to: .paying)
            return decision.call(SagaPosition(StepName.reopen))
        }
        decision.checkout.problem = Problem(error: error)
        decision.checkout.paymentError = PaymentTrouble(error).text
        decision.checkout.paymentAction = nil
        let isFinal = [PaymentState.failedFinal, .voided].contains {
            error.detail["state"] == .text($0.word)
        }
        decision.move(to: .cancelling)
        decision.call(SagaPosition(isFinal ? StepName.reserve : StepName.pay, .undo))
    }

    /// The buyer called it off before the money was asked for.
    func calledOff(_ decision: inout Decision) {
        giveUp(
            nil, from: decision.checkout.state == .new ? StepName.reserve : StepName.pay, &decision)
    }

    /// Undoes what was done up to the step, and says why. What a process before this one did
    /// beyond the row that it left is not known, so then the payment is undone too.
    func giveUp(_ error: RPCError?, from step: String, _ decision: inout Decision) {
        decision.checkout.problem = error.map { Problem(error: $0) }
        decision.move(to: .cancelling)
        let last = decision.mayHaveGoneFurther ? StepName.pay : step
        if case .call(let undo) = core.back(from: last) { decision.call(undo) }
    }

    /// It was to be voided, but the buyer had paid: an expired checkout gets its stock again if it
    /// is there; a cancelled one gets the money back.
    func captureAfterAll(_ decision: inout Decision) {
        if decision.checkout.state == .expiring {
            decision.call(SagaPosition(StepName.fence))
        } else if decision.checkout.isStockUnknown {
            // The tickets may be sold as well, and then the money must not go back.
            decision.call(SagaPosition(StepName.reserve, .undo))
        } else {
            owe(&decision)
        }
    }

    /// Money was taken for stock that cannot be had.
    func owe(_ decision: inout Decision) {
        decision.checkout.owed = decision.checkout.owed ?? decision.checkout.totals?.total
        decision.move(to: .refunding)
        decision.call(SagaPosition(StepName.refund))
    }

    /// The stock is free again. What Reserve refused, to this process and to the one before it,
    /// never held any.
    func released(_ hold: HoldReply, _ decision: inout Decision) {
        decision.checkout.isHoldReleased = true
        switch decision.checkout.state {
        case .cancelling where decision.checkout.owed != nil: owe(&decision)
        case .cancelling where hold.state == .refused && decision.checkout.problem != nil:
            decision.move(to: .rejected)
        case .cancelling: decision.move(to: .cancelled)
        case .expiring: decision.move(to: .expired)
        default: refundedOrReleasing(&decision)
        }
    }

    /// Money first, then stock; refunded is when both are done.
    func refundedOrReleasing(_ decision: inout Decision) {
        if !decision.checkout.isHoldReleased {
            decision.call(SagaPosition(StepName.reserve, .undo))
        } else if decision.checkout.isRefundSettled {
            decision.move(to: .refunded)
        } else {
            decision.call(SagaPosition(StepName.refund))
        }
    }
}

extension CheckoutRules {
    /// What the saga answers itself instead of asking for money that the buyer does not want to
    /// pay any more.
    static let calledOffInTime = RPCError(
        code: .cancelled, reason: .cancelled, message: "called off before the money was asked for",
        outcome: .refused, executed: false, retryAfterMs: nil, detail: [:])

    /// Inventory's refusal in the words of who asked Orders.
    static func asAsked(_ error: RPCError) -> RPCError {
        if error.reason == .openHoldExists, let reference = error.detail["reference"],
            reference["kind"] == .text(HoldReferenceKind.checkout.word),
            case .id(let checkout)? = reference["id"]
        {
            return RPCError(
                .openCheckoutExists, "the owner has an open checkout of this event",
                detail: ["checkoutId": .id(checkout)])
        }
        return error
    }
}

extension RPCError {
    /// The provider said no; else the attempt was never made.
    fileprivate var isOfProvider: Bool {
        reason == .declined || reason == .authorisationExpired
    }
}

extension Decision {
    mutating func end(_ position: SagaPosition, _ outcome: String, _ result: String) {
        ended.append(EndedStep(position: position, outcome: outcome, result: result))
        checkout.stepCount += 1
        checkout.trouble = nil
    }
}

extension Money {
    /// What ALREADY_CAPTURED says was taken.
    init?(capturedBy error: RPCError) {
        guard case .integer(let amount)? = error.detail["amount"],
            case .text(let currency)? = error.detail["currency"]
        else { return nil }
        self.init(amount, Currency(currency))
    }
}

extension Value {
    fileprivate static func of(_ money: Money) -> Value {
        ["amount": .integer(money.amount), "currency": .text(money.currency.code)]
    }
}
