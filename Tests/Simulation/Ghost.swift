import Contracts
import FoundationEssentials
import Lifecycle
import RPC

/// A process of Orders that should be gone, and speaks once more while a later one goes on.
struct Ghost: Sendable {
    let town: Town

    /// Takes back what a purchase is about to be sold, and wants more money for its buyer than was
    /// taken. Neither may be granted once a later process has spoken.
    func haunt(_ id: UUID) async throws {
        try await town.pass(upToMs: 2_000)
        _ = try? await town.caller("orders", to: .inventory).call(
            InventoryAPI.releaseHold,
            ReleaseHoldRequest(
                holdId: .derived(from: id, "hold"), reason: .saga,
                fence: Fence(orderId: id, epoch: 0)))
        _ = try? await town.caller("orders", to: .payments).call(
            PaymentsAPI.refundPayment,
            RefundPaymentRequest(
                refundId: town.world.newID(), paymentId: .derived(from: id, "pay"),
                amount: Money(1_000_000, Stage.euro), kind: .compensation, reason: "haunted"))
    }
}
