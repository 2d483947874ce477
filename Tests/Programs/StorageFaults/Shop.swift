import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support

/// What buyers and services do while a disk is full.
struct Shop: Sendable {
    let machines: Machines
    let event: TestEvent

    private var stage: Stage { machines.stage }
    private var orders: any Caller { stage.caller("gateway", to: "orders") }
    var buyer: Buyer { Buyer(machines: machines) }

    func request() -> PurchaseRequest { stage.request(event) }

    /// A checkout step by step, perhaps with money that comes late.
    func reserve(payingLate: Bool) async throws -> UUID {
        let id = stage.test.world.newID()
        _ = try await orders.call(
            OrdersAPI.createCheckout,
            CreateCheckoutRequest(
                checkoutId: id, owner: "bob", contact: Contact(email: "bob@example.org"),
                eventId: event.id, items: [HoldLine(ticketTypeId: event.type, quantity: 1)]))
        guard payingLate else { return id }
        _ = try await orders.call(
            OrdersAPI.startPayment,
            StartPaymentRequest(
                checkoutId: id, attemptId: stage.test.world.newID(), provider: "sim",
                captureMode: .sale, paymentMethod: "sim_late", waitMs: 100))
        return id
    }

    func cancel(_ id: UUID) async throws {
        let request = CancelCheckoutRequest(checkoutId: id, reason: "changed my mind")
        for _ in 0..<20 {
            if (try? await orders.call(OrdersAPI.cancelCheckout, request)) != nil { return }
            guard machines.log.stops.isEmpty else { return }
            try await stage.test.scheduler.sleep(ms: 500)
        }
    }

    /// Checkouts that were called off and have not ended in time.
    func mustEnd(_ ids: [UUID], withinMs limit: Int64) async throws -> Outcome {
        var outcome = Outcome()
        for id in ids {
            var state = CheckoutState.new
            for _ in 0..<(limit / 1_000) where !state.isTerminal {
                try await stage.test.scheduler.sleep(ms: 1_000)
                state = try await orders.call(
                    OrdersAPI.getCheckout, GetCheckoutRequest(checkoutId: id)
                ).state
            }
            outcome.counts[state.isTerminal ? "ended" : "open", default: 0] += 1
            if !state.isTerminal { outcome.findings.append("checkout \(id) stays \(state.word)") }
        }
        return outcome
    }

    /// What may wait is not let in, and is told why.
    func mustBeRefused(
        by store: Store, _ purchase: PurchaseRequest
    ) async throws -> Outcome {
        var outcome = Outcome()
        do {
            try await something(for: store, purchase)
            outcome.findings.append("\(store) took what may wait on a full disk")
        } catch let error as RPCError where error.reason == .storageFull {
            outcome.counts["refused STORAGE_FULL"] = 1
        }
        return outcome
    }

    private func something(for store: Store, _ purchase: PurchaseRequest) async throws {
        let once = CallOptions(attempts: 1)
        switch store {
        case .inventory:
            _ = try await stage.caller("operator", to: "inventory").call(
                InventoryAPI.createEvent,
                CreateEventRequest(
                    eventId: stage.test.world.newID(), title: "Encore",
                    startsAt: stage.test.clock.now(), currency: Stage.euro), once)
        case .orders: _ = try await orders.call(OrdersAPI.purchase, purchase, once)
        case .payments:
            _ = try await stage.caller("orders", to: "payments").call(
                PaymentsAPI.createPayment,
                CreatePaymentRequest(
                    paymentId: stage.test.world.newID(), checkoutId: stage.test.world.newID(),
                    eventId: event.id, owner: "eve", amount: Money(100, Stage.euro),
                    provider: "sim", captureMode: .sale, paymentMethod: "sim_ok",
                    expiresInMs: 60_000), once)
        case .sim:
            // The provider is another company: what it cannot store is unknown to us.
            guard await buyer.ask(purchase) == .none else { return }
            throw RPCError(.storageFull, "the provider took nothing")
        }
    }
}
