import Contracts
import RPC
import Saga

/// Turns what is held into what is sold.
struct Consume: StepCall {
    let inventory: any Caller

    var peer: String? { "inventory" }
    var patienceMs: Int64? { PurchaseSaga.patienceMs }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<HoldReply> {
        let request = ConsumeHoldRequest(holdId: checkout.holdID, orderId: checkout.id)
        return .done(try await inventory.call(InventoryAPI.consumeHold, request, terms.options))
    }

    /// The stock is sold: both states at once, unless the wait for it was noted as PAID before, or
    /// the order has more tickets than one commit writes.
    func done(_ hold: HoldReply, _ decision: inout CheckoutDecision) {
        if decision.checkout.state == .committing { decision.move(to: .paid) }
        if decision.checkout.quantity > IssueTickets.mostPerCommit {
            decision.goOn(with: CheckoutStep.issue)
        } else {
            decision.move(to: .completed)
        }
    }

    func refused(_ error: RPCError, _ decision: inout CheckoutDecision) {
        guard error.reason == .holdState || error.reason == .holdExpired else {
            return decision.park(refusing: error)
        }
        // A ReopenHold that was asked again has come late, after the fence: fence it once more.
        decision.goOn(with: CheckoutStep.fence)
    }

    /// While it has no answer, the buyer is told that the money has come.
    func slow(_ decision: inout CheckoutDecision) {
        if decision.checkout.state == .committing { decision.move(to: .paid) }
    }

    func unanswered(_ position: SagaPosition, _ decision: inout CheckoutDecision) {
        slow(&decision)
    }
}
