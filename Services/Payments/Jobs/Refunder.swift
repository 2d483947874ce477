import Contracts
import Lifecycle

/// Pays back what is owed, however often the provider has to be asked.
struct Refunder: Service {
    let world: World
    let store: PaymentStore
    let cashier: Cashier

    let name = "refunder"

    /// Between two looks at what is due, in milliseconds; less while there is more than one look
    /// can take.
    private static let pauseMs: Int64 = 500
    private static let busyPauseMs: Int64 = 10
    private static let atOnce = 16

    func run() async throws {
        while !Task.isCancelled {
            let due = (try? await store.dueRefunds(limit: Self.atOnce)) ?? []
            await withTaskGroup(of: Void.self) { group in
                for refund in due {
                    group.addTask(executorPreference: world.scheduler) { await payBack(refund) }
                }
            }
            let pauseMs = due.count == Self.atOnce ? Self.busyPauseMs : Self.pauseMs
            guard (try? await world.scheduler.sleep(ms: pauseMs)) != nil else { return }
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
