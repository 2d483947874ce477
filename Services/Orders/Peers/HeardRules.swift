import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Wire

/// What Inventory's feed makes of a checkout whose hold has ended without its saga. Pure: the row
/// after, or nil for what is no news.
enum HeardRules {
    private static let endsItselfMs: Int64 = 1_000

    static func hear(
        _ kind: String, _ fact: HoldFact, _ checkout: Checkout, now: Instant
    ) -> Checkout? {
        guard fact.holdId == checkout.holdID,
            checkout.state == .reserved || checkout.state == .paying
        else { return nil }
        switch kind {
        // A release by the saga itself is no news: its own call has been answered.
        case InventoryFact.holdReleased where fact.reason != .saga:
            return released(checkout, by: fact.reason, now)
        case InventoryFact.holdExpired: return looking(checkout, now)
        default: return nil
        }
    }

    /// A hold that was given back never comes back. Money first, then nothing is left to release.
    private static func released(
        _ checkout: Checkout, by reason: ReleaseReason?, _ now: Instant
    ) -> Checkout {
        let word = reason?.word ?? "UNKNOWN"
        var cancelling = checkout
        cancelling.callOff(now)
        cancelling.problem = Problem(
            error: RPCError(
                .holdReleased,
                reason == .replaced
                    ? "another hold of the owner took its place"
                    : "the hold was given back: \(word)",
                detail: ["by": .text(word)]))
        return cancelling
    }

    /// A checkout whose time is over by its own count ends by itself, with a last look for its
    /// money. Where Inventory's clock went ahead, its hold is looked at now, and not when the time
    /// that was told has passed: it may also have been taken again since.
    private static func looking(_ checkout: Checkout, _ now: Instant) -> Checkout? {
        let leftMs = checkout.holdExpiresAt.map { now.millisecondsUntil($0) } ?? .max
        guard checkout.at == .awaitBuyer || checkout.at == .poll, leftMs > endsItselfMs
        else { return nil }
        var looking = checkout
        looking.step = SagaPosition(CheckoutStep.awaitBuyer)
        looking.nextRunAt = now
        return looking
    }
}

extension Checkout {
    /// Gives up the payment, if there may be one, then the stock.
    mutating func callOff(_ now: Instant) {
        state = .cancelling
        payment.dropQueued()
        step = SagaPosition(mayHavePayment ? CheckoutStep.pay : .reserve, .undo)
        nextRunAt = BuyerRules.underWay(now)
    }
}
