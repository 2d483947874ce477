import Contracts
import FoundationEssentials
import Lifecycle

/// Pays back what is owed, however often the provider has to be asked.
struct RefundJob: Service {
    let world: World
    let store: PaymentStore
    let cashier: Cashier

    let name = "refunder"

    func run() async throws {
        await DueLoop("refund", in: cashier.lanes, world).run {
            try await store.dueRefunds(of: $0, after: $1, limit: $2)
        } look: {
            try await payBack($0)
        }
    }

    private func payBack(_ refundID: UUID) async throws {
        let refund = try await store.refund(refundID)
        let after = try await cashier.pay(back: refund)
        guard after.state == .parked, refund.state != .parked else { return }
        world.metrics.count("refunds.parked")
        world.log.error(
            "refund.parked", ["refund": refund.refundID, "error": after.lastError ?? "unknown"])
    }
}
