import Lifecycle

/// Finishes what no caller waits for any more: asks pending calls again under their keys, polls
/// what is in the provider's or the buyer's hands, and gives up what a buyer left lying.
struct Settler: Service {
    let world: World
    let store: PaymentStore
    let cashier: Cashier

    let name = "settler"

    func run() async throws {
        await DueLoop.run(in: world) {
            let (payments, now) = try await store.duePayments(limit: DueLoop.atOnce)
            return payments.map { ($0, now) }
        } look: { payment, now in
            await look(at: payment, now)
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
