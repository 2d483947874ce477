import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Wire

/// A decision over a checkout's row. The steps decide what each answer means; here is what several
/// of them share: moves of the state, waits, failed attempts to pay, and turning back.
typealias CheckoutDecision = StepDecision<Checkout>

extension CheckoutDecision {
    var checkout: Checkout {
        get { subject }
        _modify { yield &subject }
    }

    /// In one-call mode Reserve's answer is committed only with the next one. The row that a dead
    /// process left may therefore be behind what the peers did for it: an undo begins with the
    /// payment, though the row tells of none.
    var mayBeBehindPeers: Bool { isInherited && checkout.mode == .oneCall }

    var isHoldOver: Bool { checkout.holdExpiresAt.map { now >= $0 } ?? false }

    /// Moves on; a change that is not in `Transitions` is a bug, which a human must look at.
    mutating func move(to state: CheckoutState) {
        guard Transitions.allows(checkout.state, state) else {
            return park("no way from \(checkout.state.word) to \(state.word)")
        }
        checkout.state = state
        if state == .paid { checkout.paidAt = now }
        guard state.isTerminal else { return }
        checkout.endedAt = now
        finish()
        checkout.paymentMethod = nil
        checkout.payment.forgetMethod()
        checkout.trouble = nil
    }

    /// What a peer says of this checkout contradicts what is known of it: a human must look.
    mutating func isContradicted(by error: RPCError) -> Bool {
        let isContradiction = [.amountMismatch, .holdConsumed, .idempotencyConflict].contains(
            error.reason)
        if isContradiction { park(refusing: error) }
        return isContradiction
    }

    // MARK: Waiting

    /// Pauses between polls of a payment or refund: a buyer is waiting for it.
    private static var pollsMs: [Int64] { [1_000, 2_000, 5_000, 5_000, 5_000] }
    private static var laterPollsMs: Int64 { 15_000 }

    static func pollMs(_ attempt: Int64) -> Int64 {
        Int(exactly: attempt).flatMap {
            pollsMs.indices.contains($0) ? pollsMs[$0] : nil
        } ?? laterPollsMs
    }

    /// The payment is awaited while there is one, else the buyer.
    mutating func waitForBuyer(_ hold: HoldReply) {
        checkout.holdExpiresAt = now.advanced(byMs: hold.expiresInMs ?? 0)
        waitForBuyer()
    }

    mutating func waitForBuyer() {
        let leftMs = now.millisecondsUntil(checkout.holdExpiresAt ?? now)
        guard leftMs > 0 else { return timeIsOver() }
        if checkout.payment.live != nil {
            pause(CheckoutStep.poll, ms: min(Self.pollMs(0), leftMs))
        } else {
            pause(CheckoutStep.awaitBuyer, ms: leftMs)
        }
    }

    /// The payment is not there yet. When the hold's time is over, this was the last look.
    mutating func await(_ payment: PaymentReply, at position: SagaPosition) {
        checkout.payment.live = LivePayment(state: payment.state, action: payment.clientSecret)
        checkout.paymentError = payment.trouble
        let leftMs = now.millisecondsUntil(checkout.holdExpiresAt ?? now)
        guard leftMs > 0 else { return timeIsOver() }
        let next = position.again
        pause(next, ms: min(Self.pollMs(next.attempt), leftMs))
    }

    // MARK: Attempts to pay

    /// The money is authorised or taken; the stock must be fenced before it goes on. Asking again
    /// answers the same, so both are one commit.
    mutating func ready(_ payment: PaymentReply) {
        if checkout.state == .reserved { move(to: .paying) }
        checkout.owed = payment.captured
        checkout.payment.live = LivePayment(state: payment.state)
        checkout.paymentError = nil
        goOn(with: CheckoutStep.fence)
        mayDefer = true
    }

    /// A failed attempt releases nothing: the buyer may begin another while the hold lives. A
    /// payment that was called off at the provider calls the checkout off.
    mutating func attemptFailed(_ error: RPCError) {
        let isVoided = error.detail["state"] == .text(PaymentState.voided.word)
        if isVoided, !checkout.payment.isSuperseded {
            endAttempt(.failed, error)
            checkout.problem = Problem(error: error)
            move(to: .cancelling)
            return goOn(with: CheckoutStep.reserve, .undo)
        }
        if error.reason == .declined || error.reason == .authorisationExpired {
            if checkout.state == .reserved { move(to: .paying) }
            endAttempt(isVoided ? .superseded : .failed, isVoided ? nil : error)
        } else {
            endAttempt(.refused, error)
        }
        waitForBuyer()
    }

    /// Nothing can come of the payment any more.
    mutating func endAttempt(_ outcome: EndedAttempt.Outcome, _ error: RPCError? = nil) {
        let attempt = checkout.payment.attempt
        checkout.payment.end()
        if let error { checkout.paymentError = PaymentTrouble(error).text }
        if let attempt { end(attempt, outcome, error) }
    }

    /// The attempt that waits for another to be given up is not begun.
    mutating func dropQueued() {
        guard let queued = checkout.payment.queued else { return }
        checkout.payment.dropQueued()
        let error = RPCError(
            .livePaymentExists, "the payment before it could not be given up",
            detail: ["paymentId": .id(checkout.paymentID)])
        end(queued, .refused, error)
    }

    private mutating func end(
        _ attempt: PaymentAttempt, _ outcome: EndedAttempt.Outcome, _ error: RPCError?
    ) {
        notes.endedAttempts.append(
            EndedAttempt(
                attempt: attempt, outcome: outcome,
                problem: error.map { Problem(error: $0, of: .ofPayments) }))
    }

    // MARK: Turning back

    /// The buyer called it off before the money was asked for.
    mutating func calledOff() { giveUp(nil, from: checkout.state == .new ? .reserve : .pay) }

    /// Undoes what was done up to the step, for the reason given. Where a dead process may have
    /// gone beyond the row that it left, the payment is undone too.
    mutating func giveUp(_ error: RPCError?, from step: CheckoutStep) {
        checkout.problem = error.map { Problem(error: $0) }
        move(to: .cancelling)
        goOn(with: mayBeBehindPeers ? CheckoutStep.pay : step, .undo)
    }

    /// Somebody else gave the hold back: there is no time left to wait for.
    mutating func holdIsGone(_ error: RPCError) {
        dropQueued()
        checkout.problem = Problem(error: error)
        move(to: .cancelling)
        undo()
    }

    /// The hold's time has ended. Money first, then stock.
    mutating func timeIsOver() {
        dropQueued()
        move(to: .expiring)
        undo()
    }

    private mutating func undo() {
        goOn(with: checkout.mayHavePayment ? CheckoutStep.pay : .reserve, .undo)
    }

    /// Money was taken for stock that cannot be had.
    mutating func owe() {
        checkout.owed = checkout.owed ?? checkout.totals?.total
        move(to: .refunding)
        goOn(with: CheckoutStep.refund)
    }

    /// Money first, then stock; refunded is when both are done.
    mutating func refundedOrReleasing() {
        if !checkout.isHoldReleased {
            goOn(with: CheckoutStep.reserve, .undo)
        } else if checkout.isRefundSettled {
            move(to: .refunded)
        } else {
            goOn(with: CheckoutStep.refund)
        }
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

extension Money {
    /// What ALREADY_CAPTURED says was taken.
    init?(capturedBy error: RPCError) {
        guard case .integer(let amount)? = error.detail["amount"],
            case .text(let currency)? = error.detail["currency"]
        else { return nil }
        self.init(amount, Currency(currency))
    }
}
