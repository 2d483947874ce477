import Contracts
import FoundationEssentials
import RPC
import Saga
import Text
import Wire

/// Gives the money back.
struct RefundBuyer: StepCall {
    let payments: any Caller

    var peer: String? { "payments" }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<RefundReply> {
        let request = RefundPaymentRequest(
            refundId: checkout.refundID, paymentId: checkout.paymentID,
            amount: checkout.owed ?? Money(0, checkout.currency), kind: .compensation,
            reason: "no ticket could be given")
        let refund = try await payments.call(PaymentsAPI.refundPayment, request, terms.options)
        switch refund.state {
        case .succeeded: return .done(refund)
        case .parked:
            throw RPCError(
                .paymentState,
                "the provider refuses the refund: \((refund.lastError ?? "unknown").quoted)",
                detail: ["state": .text(refund.state.word)])
        default: return .waiting(refund)
        }
    }

    func done(_ refund: RefundReply, _ decision: inout CheckoutDecision) {
        decision.checkout.isRefundSettled = true
        decision.refundedOrReleasing()
    }

    func waiting(
        _ refund: RefundReply, at position: SagaPosition, _ decision: inout CheckoutDecision
    ) {
        if !decision.checkout.isHoldReleased {
            decision.end(position, "WAITING", refund.word)
            decision.goOn(with: CheckoutStep.reserve, .undo)
        } else {
            decision.pause(position.again, ms: CheckoutDecision.pollMs(position.attempt))
        }
    }
}
