import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Wire

/// What one event makes of a checkout: the row as it will be, the steps that ended by it, and how
/// long to leave it alone.
struct Decision: Hashable {
    var checkout: Checkout
    var ended: [EndedStep] = []
    var endedAttempts: [EndedAttempt] = []
    var pauseMs: Int64?
    /// The result may be committed together with that of the next call, because asking this call
    /// again answers the same.
    var mayDefer = false
    /// The row is of another process, which may have gone further than it had committed.
    let isInherited: Bool
    /// The process has asked the next call already.
    let isFollowed: Bool
    private let now: Instant

    init(_ checkout: Checkout, now: Instant, isInherited: Bool, isFollowed: Bool) {
        self.checkout = checkout
        self.now = now
        self.isInherited = isInherited
        self.isFollowed = isFollowed
    }

    /// In a purchase of one call, Reserve's answer is committed only with the next one. A row that
    /// a dead process has left may be behind what its peers did: the payment is given up too.
    var mayHaveGoneFurther: Bool { isInherited && checkout.way == .short }

    /// Moves on; a way that the table does not have is a bug, which a human must look at.
    mutating func move(to state: CheckoutState) {
        guard Transitions.allows(checkout.state, state) else {
            return park("no way from \(checkout.state.word) to \(state.word)")
        }
        checkout.state = state
        if state == .paid { checkout.paidAt = now }
        guard state.isTerminal else { return }
        checkout.endedAt = now
        checkout.step = nil
        checkout.nextRunAt = nil
        checkout.paymentMethod = nil
        checkout.attempt?.method = nil
        checkout.paymentAction = nil
        checkout.trouble = nil
    }

    /// Nothing can come of the payment any more.
    mutating func endAttempt(_ outcome: EndedAttempt.Outcome, _ error: RPCError? = nil) {
        checkout.isPaymentLive = false
        checkout.isSuperseded = false
        checkout.paymentState = nil
        checkout.paymentAction = nil
        if let error { checkout.paymentError = PaymentTrouble(error).text }
        guard let attempt = checkout.attempt else { return }
        checkout.attempt?.method = nil
        end(attempt, outcome, error)
    }

    /// The attempt that waits for another to be given up is not begun.
    mutating func dropQueued() {
        guard let queued = checkout.queued else { return }
        checkout.queued = nil
        let error = RPCError(
            .livePaymentExists, "the payment before it could not be given up",
            detail: ["paymentId": .id(checkout.paymentID)])
        end(queued, .refused, error)
    }

    private mutating func end(
        _ attempt: PaymentAttempt, _ outcome: EndedAttempt.Outcome, _ error: RPCError?
    ) {
        endedAttempts.append(
            EndedAttempt(
                attempt: attempt, outcome: outcome,
                problem: error.map { Problem(error: $0, of: .ofPayments) }))
    }

    mutating func call(_ position: SagaPosition) {
        guard checkout.state != .parked else { return }
        checkout.step = position
        // The time at which it would have waited for its buyer no longer counts.
        let latest = now.advanced(byMs: PurchaseRules.longestPauseMs)
        if let next = checkout.nextRunAt, next > latest, position.step != StepName.buyer {
            checkout.nextRunAt = BuyerRules.underWay(now)
        }
    }

    /// Leaves the step for later, as it stands.
    mutating func pause(_ position: SagaPosition, ms: Int64) {
        call(position)
        checkout.nextRunAt = now.advanced(byMs: ms)
        pauseMs = ms
    }

    mutating func park(_ reason: String) {
        guard Transitions.allows(checkout.state, .parked) else { return }
        checkout.parkedFrom = checkout.state
        checkout.state = .parked
        checkout.parkReason = reason
        checkout.nextRunAt = nil
    }
}

/// A step's call that was answered: a row of the history.
struct EndedStep: Hashable {
    let position: SagaPosition
    let outcome: String
    let result: String
}
