import Contracts
import FoundationEssentials
import RPC
import Saga

/// Creates a payment: the one that StartPayment asked for. `Pay` asks the same for a purchase in
/// one call, but what the answers do is its own.
struct CreatePayment: StepCall {
    /// Time that a buyer has for what the provider asks of them. It is part of the payment's
    /// content, so a replay must say the same.
    private static let paymentExpiresInMs: Int64 = 900_000

    let payments: any Caller

    var peer: String? { "payments" }
    var patienceMs: Int64? { PurchaseSaga.patienceMs }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<PaymentReply> {
        let attempt = checkout.payment.attempt
        guard let total = checkout.totals?.total,
            let provider = attempt?.provider ?? checkout.provider
        else { throw RPCError.invalid([PurchaseRules.providerNeeded]) }
        let request = CreatePaymentRequest(
            paymentId: checkout.paymentID, checkoutId: checkout.id, eventId: checkout.eventID,
            owner: checkout.owner, amount: total, provider: provider,
            captureMode: checkout.captureMode,
            paymentMethod: attempt == nil ? checkout.paymentMethod : attempt?.method,
            expiresInMs: Self.paymentExpiresInMs)
        return try await payments.call(PaymentsAPI.createPayment, request, terms.options)
            .answer(to: checkout)
    }

    func done(_ payment: PaymentReply, _ decision: inout CheckoutDecision) {
        decision.ready(payment)
    }

    func waiting(
        _ payment: PaymentReply, at position: SagaPosition, _ decision: inout CheckoutDecision
    ) {
        decision.end(position, "WAITING", payment.word)
        if decision.checkout.state == .reserved { decision.move(to: .paying) }
        decision.await(payment, at: SagaPosition(CheckoutStep.poll))
    }

    func refused(_ error: RPCError, _ decision: inout CheckoutDecision) {
        if !decision.isContradicted(by: error) { decision.attemptFailed(error) }
    }

    /// Nothing is begun for a hold that is over.
    func unanswered(_ position: SagaPosition, _ decision: inout CheckoutDecision) {
        if decision.isHoldOver { decision.timeIsOver() }
    }
}
