import Contracts
import Lifecycle
import RPC
import Saga
import Wire

/// What a human may do to a saga.
enum Resolution {
    /// The step again, now: for a checkout that waits or is parked.
    static func retry(_ checkout: Checkout, now: Instant) throws -> Checkout {
        guard !checkout.state.isTerminal, let step = checkout.step else {
            throw RPCError(
                .checkoutState, "the checkout is \(checkout.state.word)",
                detail: ["state": .text(checkout.state.word)])
        }
        var checkout = checkout
        checkout.step = SagaPosition(step.step, step.direction)
        checkout.nextRunAt = now
        if let before = checkout.parked?.from { checkout.unpark(to: before) }
        return checkout
    }

    /// What may be decided now. An order that is PAID already only goes forward: its stock is
    /// fenced and sold, so nothing but a retry can be right.
    static func allowed(_ checkout: Checkout) -> [SagaDecision] {
        guard checkout.state == .parked else { return [] }
        return checkout.parked?.from == .paid ? [.retry] : [.retry, .refundAndRelease]
    }

    static func resolve(
        _ checkout: Checkout, _ decision: SagaDecision, now: Instant
    ) throws -> Checkout {
        let allowed = allowed(checkout)
        guard allowed.contains(decision) else {
            throw RPCError(
                .sagaDecisionNotAllowed, "not allowed while \(checkout.state.word)",
                detail: ["allowed": .array(allowed.map { .text($0.word) })])
        }
        guard decision == .refundAndRelease else { return try retry(checkout, now: now) }
        var checkout = checkout
        let isRefunding = checkout.parked?.from == .refunding
        checkout.unpark(to: isRefunding ? .refunding : .cancelling)
        checkout.step =
            isRefunding
            ? SagaPosition(CheckoutStep.refund)
            : SagaPosition(checkout.mayHavePayment ? CheckoutStep.pay : .reserve, .undo)
        checkout.nextRunAt = now
        return checkout
    }

    /// The steps that follow, in words.
    static func plan(_ decision: SagaDecision, _ checkout: Checkout) -> [String] {
        guard decision == .refundAndRelease else {
            return checkout.step.map { ["\($0.step) \($0.direction.rawValue) again"] } ?? []
        }
        return [
            "void the payment; if the money was taken, refund it", "release the hold",
        ]
    }
}

extension Checkout {
    fileprivate mutating func unpark(to state: CheckoutState) {
        self.state = state
        parked = nil
    }
}
