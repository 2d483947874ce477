import Lifecycle

/// Finishes what no caller waits for any more: asks pending calls again under their keys, polls
/// what is in the provider's or the buyer's hands, and gives up what a buyer left lying.
struct Settler: Service {
    let world: World
    let store: PaymentStore
    let cashier: Cashier

    let name = "settler"

    /// Between two looks at what is due, in milliseconds; less while there is more than one look
    /// can take.
    private static let pauseMs: Int64 = 500
    private static let busyPauseMs: Int64 = 10
    private static let atOnce = 16

    func run() async throws {
        while !Task.isCancelled {
            let (due, now) =
                (try? await store.duePayments(limit: Self.atOnce)) ?? ([], world.now)
            await withTaskGroup(of: Void.self) { group in
                for payment in due {
                    group.addTask(executorPreference: world.scheduler) {
                        await look(at: payment, now)
                    }
                }
            }
            let pauseMs = due.count == Self.atOnce ? Self.busyPauseMs : Self.pauseMs
            guard (try? await world.scheduler.sleep(ms: pauseMs)) != nil else { return }
        }
    }

    /// Whatever goes wrong with one payment, the others go on; it stays due.
    func look(at payment: Payment, _ now: Instant) async {
        do {
            var payment = payment
            if PaymentRules.age(payment, now: now) != nil {
                payment = try await store.decide(payment.paymentID) {
                    PaymentRules.age($0, now: $1)
                }
            }
            if case .known(let seen) = await cashier.ask(payment) {
                let after = try await cashier.observe(payment.paymentID, seen)
                if after.operation == nil { return }
            }
            try await store.decide(payment.paymentID) { payment, now in
                payment.nextTryAt == nil ? nil : PaymentRules.askLater(payment, now: now)
            }
        } catch {
            world.log.warning(
                "payment.unsettled", ["payment": payment.paymentID, "error": "\(error)"])
        }
    }
}
