import Contracts
import FoundationEssentials
import Lifecycle
import RPC

/// A process of Orders that should be gone, and whose calls arrive all the same: while a later one
/// goes on, or in another order than they were made.
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
                amount: Money(1_000_000_000, Stage.euro), kind: .compensation, reason: "haunted"))
        try await voidFirst()
    }

    /// A payment is given up before it is created: then it is never made.
    private func voidFirst() async throws {
        let (payment, checkout) = (town.world.newID(), town.world.newID())
        let void = VoidPaymentRequest(
            paymentId: payment, checkoutId: checkout, reason: "overtaken")
        guard
            case .success = try await town.insist(
                "orders", .payments, PaymentsAPI.voidPayment, void, forMs: 20_000)
        else { return }
        let create = CreatePaymentRequest(
            paymentId: payment, checkoutId: checkout, eventId: town.world.newID(), owner: "ghost",
            amount: Money(1_000, Stage.euro), provider: "sim", captureMode: .sale,
            paymentMethod: "sim_ok", expiresInMs: 60_000)
        if case .success = try await town.insist(
            "orders", .payments, PaymentsAPI.createPayment, create, forMs: 20_000)
        {
            town.violation("payment \(payment) was given up, and made")
        }
    }
}
