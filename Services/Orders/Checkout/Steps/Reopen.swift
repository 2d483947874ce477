import Contracts
import RPC
import Saga

/// Lets the hold's time run again, while the payment is awaited.
struct Reopen: StepCall {
    let inventory: any Caller

    var peer: String? { "inventory" }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<HoldReply> {
        let request = ReopenHoldRequest(
            holdId: checkout.holdID, orderId: checkout.id, epoch: terms.epoch)
        return .done(try await inventory.call(InventoryAPI.reopenHold, request, terms.options))
    }

    /// The payment is awaited now, or the buyer's next.
    func done(_ hold: HoldReply, _ decision: inout CheckoutDecision) {
        guard hold.state == .active else { return decision.timeIsOver() }
        decision.waitForBuyer(hold)
    }

    func refused(_ error: RPCError, _ decision: inout CheckoutDecision) {
        guard !decision.isContradicted(by: error) else { return }
        decision.move(to: .expiring)
        decision.goOn(with: CheckoutStep.pay, .undo)
    }
}
