import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Support
import Testing
import Wire

/// One buyer, two purchases of one event at a time.
@Suite struct OpenCheckoutTests {
    @Test(arguments: [
        (OpenCheckouts.reject, "OPEN_CHECKOUT_EXISTS"), (.replace, "OPEN_CHECKOUT_EXISTS"),
    ])
    func whereOneIsAllowedABuyerIsChargedOnce(
        _ policy: OpenCheckouts, _ reason: String
    ) throws {
        for seed in UInt64(1)...10 {
            try SuiteRig.run(seed: seed) { rig in
                let event = try await rig.event(openCheckouts: policy)
                let ends = try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<2 {
                        let request = rig.request(event)
                        group.addTask { try await rig.refusal(request) ?? "COMPLETED" }
                    }
                    return try await group.reduce(into: Set<String>()) { $0.insert($1) }
                }
                #expect(ends == ["COMPLETED", reason])
                #expect(rig.payments.count("payments.CreatePayment") == 1)
                // One after the other, they are two.
                #expect(try await rig.purchase(rig.request(event)).state == .completed)
                try await rig.expectSound()
            }
        }
    }

    /// The buyer goes away from the provider's page and begins anew.
    @Test func whatAwaitsItsPaymentIsReplacedAndLateMoneyGoesBack() throws {
        try SuiteRig.run(sim: SimConfiguration(lateMs: 60_000)) { rig in
            let event = try await rig.event(capacity: 2, openCheckouts: .replace)
            let request = rig.request(event, method: "sim_late", waitMs: 1_000)
            #expect(try await rig.purchase(request).state == .paying)
            #expect(try await rig.purchase(rig.request(event)).state == .completed)
            try await rig.pass(ms: 1_000)
            let end = try await rig.checkout(request.purchaseId)
            #expect(end.state == .cancelled && end.problem?.reason == "HOLD_RELEASED")
            try await rig.pass(ms: 180_000)
            let payment = try await rig.caller("operator", to: "payments").call(
                PaymentsAPI.getPayment,
                GetPaymentRequest(paymentId: .derived(from: request.purchaseId, "pay")))
            #expect(payment.captured != nil && payment.refunded == payment.captured)
            #expect(try await rig.availability(event).types.map(\.sold) == [2])
            try await rig.expectSound()
        }
    }

    /// The refusal names the checkout, so that its buyer can go on with it.
    @Test func whereASecondIsRefusedTheFirstIsNamed() throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(openCheckouts: .reject)
            let first = try await rig.reserve(event)
            for _ in 0..<2 {
                let id = rig.test.world.newID()
                let error = await Self.refusal { _ = try await rig.reserve(event, id: id) }
                #expect(error?.reason.name == "OPEN_CHECKOUT_EXISTS")
                #expect(error?.detail["checkoutId"] == .id(first.checkoutId))
            }
            #expect(try await rig.pay(first).state == .completed)
            let next = try await rig.reserve(event)
            #expect(next.state == .reserved)
            _ = try await rig.cancel(next)
            try await rig.expectSound()
        }
    }

    private static func refusal(_ call: () async throws -> Void) async -> RPCError? {
        do {
            try await call()
            return nil
        } catch { return error as? RPCError }
    }

    /// Time to pay may be asked for only within what the event gives.
    @Test func aHoldsTimeMayOnlyBeShortened() throws {
        try SuiteRig.onSale { rig, event in
            let short = try await rig.reserve(event, holdTtlMs: 900_000)
            #expect(short.state == .reserved)
            let error = await Self.refusal {
                _ = try await rig.reserve(event, owner: "bob", holdTtlMs: 900_001)
            }
            #expect(error?.reason.name == "INVALID_ARGUMENT")
            #expect(error?.message.hasPrefix("holdTtlMs is at most 900000") == true)
            let held = await Self.refusal {
                _ = try await rig.caller("gateway", to: "inventory").call(
                    InventoryAPI.reserve,
                    ReserveRequest(
                        holdId: rig.test.world.newID(), eventId: event.id, owner: "cid",
                        lines: [HoldLine(ticketTypeId: event.type, quantity: 1)], ttlMs: 900_001))
            }
            #expect(held?.message.hasPrefix("ttlMs is at most 900000") == true)
        }
    }
}
