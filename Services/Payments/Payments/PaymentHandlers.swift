import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Text
import Wire

/// A buyer's payment, at its provider and here.
extension PaymentsService {
    func registerPayments(on router: inout Router) {
        router.handle(PaymentsAPI.createPayment, create)
        router.handle(PaymentsAPI.getPayment) { [store] request, _ in
            PaymentReply(try await store.payment(request.paymentId))
        }
        router.handle(PaymentsAPI.refreshPayment, refresh)
        router.handle(PaymentsAPI.capturePayment, capture)
        router.handle(PaymentsAPI.voidPayment, void)
        router.handle(PaymentsAPI.listUnsettled) { [store] request, _ in
            try await store.unsettled(request)
        }
    }

    func create(
        _ request: CreatePaymentRequest, _ call: CallContext
    ) async throws -> PaymentReply {
        guard cashier.providers[ByteText(request.provider)] != nil else {
            throw RPCError(
                .providerUnknown, "there is no provider \(request.provider.quoted)",
                detail: ["provider": .text(request.provider)])
        }
        let created = try await store.create(request)
        awaited.note(created.paymentID)
        let payment = try await cashier.settle(created, until: patience(call))
        guard payment.state != .failedFinal else { throw PaymentRules.refusal(payment) }
        return PaymentReply(payment)
    }

    func refresh(
        _ request: RefreshPaymentRequest, _ call: CallContext
    ) async throws -> PaymentReply {
        let payment = try await store.payment(request.paymentId)
        guard payment.nextTryAt != nil,
            case .known(let seen) = await cashier.ask(payment)
        else { return PaymentReply(payment) }
        return PaymentReply(try await cashier.observe(payment.paymentID, seen))
    }

    func capture(
        _ request: CapturePaymentRequest, _ call: CallContext
    ) async throws -> PaymentReply {
        let payment = try await cashier.perform(
            .capture, until: patience(call),
            { try await store.decide(request.paymentId, $0) },
            { try PaymentRules.capture($0, request.amount, now: $1) })
        return PaymentReply(payment)
    }

    func void(
        _ request: VoidPaymentRequest, _ call: CallContext
    ) async throws -> PaymentReply {
        let payment = try await cashier.perform(
            .void, until: patience(call), { try await store.decideOrBury(request, $0) },
            { try PaymentRules.void($0, now: $1) })
        world.log.info(
            "payment.voided",
            [
                "payment": request.paymentId, "by": call.caller, "reason": request.reason,
                "state": payment.state.word,
            ])
        return PaymentReply(payment)
    }

    /// How long to try before the caller is told that the answer is not known: until half a
    /// second before it stops to listen.
    func patience(_ call: CallContext) -> UInt64 {
        call.deadline < 500_000_000 ? 0 : call.deadline - 500_000_000
    }
}
