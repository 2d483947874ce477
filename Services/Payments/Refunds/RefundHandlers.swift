import Contracts
import FoundationEssentials
import Lifecycle
import RPC

/// What is owed to buyers, and given back.
extension PaymentsService {
    func registerRefunds(on router: inout Router) {
        router.handle(PaymentsAPI.refundPayment, refund)
        router.handle(PaymentsAPI.retryRefund, retry)
        router.handle(PaymentsAPI.getRefund) { [store] request, _ in
            RefundReply(try await store.refund(request.refundId))
        }
        router.handle(PaymentsAPI.listObligations) { [store] request, _ in
            try await store.obligations(request)
        }
    }

    /// The obligation is committed first; if the provider cannot settle it at once, the
    /// `RefundJob` goes on.
    func refund(_ request: RefundPaymentRequest, _ call: CallContext) async throws -> RefundReply {
        let (owed, isNew) = try await store.request(request)
        if isNew {
            world.log.info(
                "refund.requested",
                [
                    "refund": request.refundId, "payment": request.paymentId, "by": call.caller,
                    "kind": request.kind.word, "reason": request.reason,
                ])
        }
        return RefundReply(isNew ? try await cashier.pay(back: owed) : owed)
    }

    func retry(_ request: RetryRefundRequest, _ call: CallContext) async throws -> RefundReply {
        guard request.reason.contains(where: { !$0.isWhitespace }) else {
            throw RPCError(.reasonRequired, "say why, for those who read the log")
        }
        let due = try await store.retry(request.refundId)
        world.log.warning(
            "refund.retried",
            ["refund": request.refundId, "by": call.caller, "reason": request.reason])
        return RefundReply(try await cashier.pay(back: due))
    }
}
