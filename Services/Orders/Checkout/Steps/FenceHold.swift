import Contracts
import RPC
import Saga

/// Fences the hold for a payment that came. One that came late may take free stock again; the
/// event's policy may say no.
struct FenceHold: StepCall {
    let inventory: any Caller

    var peer: String? { "inventory" }
    var patienceMs: Int64? { PurchaseSaga.patienceMs }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<HoldReply> {
        let request = BeginCommitRequest(
            holdId: checkout.holdID, orderId: checkout.id, epoch: terms.epoch, allowReclaim: true)
        return .done(try await inventory.call(InventoryAPI.beginCommit, request, terms.options))
    }

    func done(_ hold: HoldReply, _ decision: inout CheckoutDecision) {
        if decision.checkout.isBeingSold { return decision.goOn(with: CheckoutStep.consume) }
        // The payment has been taken: asked again, it answers what has become of it.
        decision.checkout.owed = nil
        decision.move(to: .committing)
        decision.goOn(with: decision.checkout.isFree ? CheckoutStep.consume : .pay)
    }

    /// Captured money without stock goes back; an authorisation is given up.
    func refused(_ error: RPCError, _ decision: inout CheckoutDecision) {
        guard !decision.isContradicted(by: error) else { return }
        if decision.checkout.isBeingSold {
            decision.park("what is paid cannot be fenced: \(error.reason.name)")
        } else if decision.checkout.owed != nil || decision.checkout.state == .expiring {
            decision.owe()
        } else if error.reason == .holdReleased {
            decision.holdIsGone(error)
        } else {
            decision.timeIsOver()
        }
    }
}
