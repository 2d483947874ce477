import Contracts
import RPC
import Saga

/// Reads the payment from Payments.
struct Poll: StepCall {
    let payments: any Caller

    var peer: String? { "payments" }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<PaymentReply> {
        let request = RefreshPaymentRequest(paymentId: checkout.paymentID)
        return try await payments.call(PaymentsAPI.refreshPayment, request, terms.options)
            .answer(to: checkout)
    }

    func done(_ payment: PaymentReply, _ decision: inout CheckoutDecision) {
        decision.ready(payment)
    }

    func waiting(
        _ payment: PaymentReply, at position: SagaPosition, _ decision: inout CheckoutDecision
    ) {
        decision.await(payment, at: position)
    }

    func refused(_ error: RPCError, _ decision: inout CheckoutDecision) {
        if !decision.isContradicted(by: error) { decision.attemptFailed(error) }
    }
}
