import Contracts
import Lifecycle

/// Pays back what is owed, however often the provider has to be asked.
struct Refunder: Service {
    let world: World
    let store: PaymentStore
    let cashier: Cashier

    let name = "refunder"

    func run() async throws {
        await DueLoop.run(in: world) {
            try await store.dueRefunds(limit: DueLoop.atOnce)
        } look: { refund in
            await payBack(refund)
        }
    }

    /// Whatever goes wrong with one refund, the others go on; it stays due.
    func payBack(_ refund: Refund) async {
        do {
            let after = try await cashier.pay(back: refund)
            if after.state == .parked {
                world.metrics.count("refunds.parked")
                world.log.error(
                    "refund.parked",
                    ["refund": refund.refundID, "error": after.lastError ?? "unknown"])
            }
        } catch {
            world.log.warning(
                "refund.unsettled", ["refund": refund.refundID, "error": "\(error)"])
        }
    }
}
