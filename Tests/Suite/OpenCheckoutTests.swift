import Contracts
import Lifecycle
import Payments
import RPC
import Support
import Testing

/// One buyer, two purchases of one event at a time.
@Suite struct OpenCheckoutTests {
    @Test(arguments: [
        (OpenCheckouts.reject, "OPEN_HOLD_EXISTS"), (.replace, "OPEN_CHECKOUT_EXISTS"),
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
            let end = try await rig.end(request.purchaseId)
            #expect(end.state == .refunded && end.refund?.isSettled == true)
            #expect(try await rig.availability(event).types.map(\.sold) == [2])
            try await rig.expectSound()
        }
    }
}
