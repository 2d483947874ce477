import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support
import Testing

/// Two instances of Orders over one database. Sagas belong to whoever holds the epoch that they
/// bear; who is gone for ten seconds is inherited by the other.
@Suite struct SharedOrdersTests {
    private static let leaseMs: Int64 = 10_000

    private static func second(_ rig: SuiteRig) -> any Caller {
        rig.caller("gateway", to: Stage.secondOrders)
    }

    private static func begin(_ rig: SuiteRig, _ event: TestEvent) async throws -> PurchaseRequest {
        try await rig.start(Stage.secondOrders)
        let request = rig.request(event, waitMs: 0)
        // Its money is taken by the first instance, which hears no answer.
        rig.payments.plan { method, _ in method == "payments.CreatePayment" ? .replyLost : nil }
        _ = try await rig.purchase(request)
        try await rig.pass(ms: 1_000)
        return request
    }

    @Test func whoDiesIsInheritedWithinTheLease() throws {
        try SuiteRig.onSale(isShared: true) { rig, event in
            let request = try await Self.begin(rig, event)
            rig.kill("orders")
            let killed = rig.test.clock.now()
            let end = try await Self.second(rig).call(
                OrdersAPI.purchase, rig.request(event, id: request.purchaseId))
            #expect(end.state == .completed)
            let tookMs = killed.millisecondsUntil(rig.test.clock.now())
            #expect((5_000...Self.leaseMs + 4_000).contains(tookMs), "\(tookMs)")
            #expect(try await rig.availability(event).types.map(\.sold) == [2])
            try await rig.start("orders")
            try await rig.expectSound()
        }
    }

    @Test func whoLivesKeepsWhatItHasBegun() throws {
        try SuiteRig.onSale(isShared: true) { rig, event in
            let request = try await Self.begin(rig, event)
            // The other one looks on, and drives nothing.
            try await rig.pass(ms: 60_000)
            #expect(try await rig.checkout(request.purchaseId).state == .committing)
            rig.payments.plan { _, _ in nil }
            #expect(try await rig.end(request.purchaseId).state == .completed)
            try await rig.expectSound()
        }
    }

    @Test func whatOneDrivesTheOtherTells() throws {
        try SuiteRig.onSale(isShared: true) { rig, event in
            let request = try await Self.begin(rig, event)
            let answer = rig.test.scheduler.spawn {
                try await Self.second(rig).call(
                    OrdersAPI.purchase, rig.request(event, id: request.purchaseId))
            }
            try await rig.pass(ms: 500)
            rig.payments.plan { _, _ in nil }
            #expect(try await answer.value.state == .completed)
            try await rig.expectSound()
        }
    }

    @Test func aBuyerMayGoOnAtEither() throws {
        try SuiteRig.run(isShared: true) { rig in
            try await rig.start(Stage.secondOrders)
            let event = try await rig.event()
            let checkout = try await rig.reserve(event)
            let paid = try await Self.second(rig).call(
                OrdersAPI.startPayment,
                StartPaymentRequest(
                    checkoutId: checkout.checkoutId, attemptId: rig.test.world.newID(),
                    provider: "sim", paymentMethod: "sim_ok"))
            #expect(paid.state == .completed)
            let other = try await rig.reserve(event, owner: "bob")
            let cancelled = try await Self.second(rig).call(
                OrdersAPI.cancelCheckout,
                CancelCheckoutRequest(checkoutId: other.checkoutId, reason: "no", waitMs: 5_000))
            #expect(cancelled.state == .cancelled)
            try await rig.expectSound()
        }
    }
}
