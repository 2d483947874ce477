import Contracts
import RPC
import Saga

/// Sleeps until the buyer acts or the hold's time ends; then reads the hold from Inventory, whose
/// clock decides.
struct AwaitBuyer: StepCall {
    let inventory: any Caller

    var peer: String? { "inventory" }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<HoldReply> {
        let request = GetHoldRequest(holdId: checkout.holdID)
        return .done(try await inventory.call(InventoryAPI.getHold, request, terms.options))
    }

    func done(_ hold: HoldReply, _ decision: inout CheckoutDecision) {
        switch hold.state {
        case .active where hold.expiresInMs ?? 0 > 0: decision.waitForBuyer(hold)
        case .committing:
            // It was fenced for an attempt that the buyer has replaced meanwhile.
            decision.goOn(with: CheckoutStep.reopen)
        case .consumed: decision.park("the hold is \(hold.state.word) unasked")
        case .released: decision.holdIsGone(hold.givenBack)
        default: decision.timeIsOver()
        }
    }

    func refused(_ error: RPCError, _ decision: inout CheckoutDecision) {
        if !decision.isContradicted(by: error) { decision.timeIsOver() }
    }
}
