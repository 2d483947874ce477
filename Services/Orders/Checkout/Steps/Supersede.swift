import Contracts
import RPC
import Saga

/// Gives a payment up for the next one.
struct Supersede: StepCall {
    /// How often it is asked to make room before the next one is refused.
    private static let mostAttempts: Int64 = 3

    let payments: any Caller

    var peer: String? { "payments" }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<PaymentReply> {
        try await VoidPayment(payments: payments).ask(checkout, terms)
    }

    /// The attempt before is given up, and the one that waited for it begins.
    func done(_ payment: PaymentReply, _ decision: inout CheckoutDecision) {
        guard !payment.isKept else { return capturedInstead(payment.captured, &decision) }
        let next = decision.checkout.payment.queued
        decision.endAttempt(.superseded)
        decision.checkout.payment = .live(next, LivePayment())
        decision.checkout.paymentError = nil
        decision.goOn(with: CheckoutStep.extend)
    }

    func refused(_ error: RPCError, _ decision: inout CheckoutDecision) {
        guard error.reason == .alreadyCaptured else { return decision.park(refusing: error) }
        capturedInstead(Money(capturedBy: error), &decision)
    }

    /// The buyer had paid by the attempt before, which then is the one.
    private func capturedInstead(_ captured: Money?, _ decision: inout CheckoutDecision) {
        decision.dropQueued()
        decision.checkout.payment.keep()
        decision.checkout.owed = captured
        decision.goOn(with: CheckoutStep.fence)
    }

    func unanswered(_ position: SagaPosition, _ decision: inout CheckoutDecision) {
        if decision.isHoldOver {
            decision.timeIsOver()
        } else if position.attempt >= Self.mostAttempts {
            // It is still being given up; whether it was paid shows in time.
            decision.dropQueued()
            decision.waitForBuyer()
        }
    }
}
