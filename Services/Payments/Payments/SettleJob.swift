import FoundationEssentials
import Lifecycle

/// Finishes what no caller waits for any more: asks pending calls again under their keys, polls
/// what is in the provider's or the buyer's hands, and gives up what a buyer left lying.
struct SettleJob: Service {
    let world: World
    let store: PaymentStore
    let cashier: Cashier

    let name = "settler"

    func run() async throws {
        await DueLoop("payment", in: cashier.lanes, world).run {
            try await store.duePayments(of: $0, after: $1, limit: $2)
        } look: {
            try await look(at: $0)
        }
    }

    private func look(at paymentID: UUID) async throws {
        guard let due = try await store.duePayment(paymentID) else { return }
        var payment = due.payment
        if PaymentRules.age(payment, now: due.now) != nil {
            payment = try await store.decide(paymentID) { PaymentRules.age($0, now: $1) }
        }
        if case .known(let seen) = await cashier.ask(payment) {
            let after = try await cashier.observe(paymentID, seen)
            if after.operation == nil { return }
        }
        try await store.decide(paymentID) { payment, now in
            payment.nextTryAt == nil ? nil : PaymentRules.askLater(payment, now: now)
        }
    }
}
