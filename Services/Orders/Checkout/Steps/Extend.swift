import Contracts
import Lifecycle
import RPC
import Saga

/// Makes sure that the hold lasts long enough to pay.
struct Extend: StepCall {
    /// How long a hold shall last when a payment begins.
    static let payingTimeMs: Int64 = 120_000

    let inventory: any Caller

    var peer: String? { "inventory" }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<HoldReply> {
        let request = ExtendHoldRequest(holdId: checkout.holdID, atLeastMs: Self.payingTimeMs)
        return .done(try await inventory.call(InventoryAPI.extendHold, request, terms.options))
    }

    /// The hold lives, and long enough. Asking again answers the same, so this waits for the
    /// payment's first answer, or the fence's.
    func done(_ hold: HoldReply, _ decision: inout CheckoutDecision) {
        if let leftMs = hold.expiresInMs {
            decision.checkout.holdExpiresAt = decision.now.advanced(byMs: leftMs)
        }
        beginPayment(&decision)
        decision.mayDefer = true
    }

    private func beginPayment(_ decision: inout CheckoutDecision) {
        decision.goOn(with: decision.checkout.isPaidAtOnce ? CheckoutStep.fence : .createPayment)
    }

    /// A hold at its longest is paid within what is left of it. One that is fenced was so by this
    /// attempt, in a process before this one.
    func refused(_ error: RPCError, _ decision: inout CheckoutDecision) {
        guard !decision.isContradicted(by: error) else { return }
        switch error.reason {
        case .holdExtendLimit, .holdExtendedOnce, .holdCommitting: beginPayment(&decision)
        case .holdExpired: decision.timeIsOver()
        default: decision.holdIsGone(error)
        }
    }

    func unanswered(_ position: SagaPosition, _ decision: inout CheckoutDecision) {
        if decision.isHoldOver { decision.timeIsOver() }
    }
}
