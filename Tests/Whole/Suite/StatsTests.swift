import Contracts
import FoundationEssentials
import RPC
import Stage
import Storage
import Support
import Testing

/// Figures cost whoever serves no more than the rows that keep them.
@Suite struct StatsTests {
    private static func counts(_ rig: SuiteRig) async throws -> [String: Int64] {
        let counters = try await rig.caller("operator", to: "orders").call(
            OrdersAPI.stats, StatsRequest()
        ).counters
        return counters.filter { $0.key.hasPrefix("checkouts.") }
    }

    @Test func checkoutsAreCountedInEveryState() throws {
        try SuiteRig.onSale { rig, event in
            #expect(try await Self.counts(rig) == [:])
            for _ in 0..<2 { _ = try await rig.purchase(rig.request(event)) }
            _ = try await rig.reserve(event, owner: "bob")
            let called = try await rig.reserve(event, owner: "cid")
            _ = try await rig.caller("gateway", to: "orders").call(
                OrdersAPI.cancelCheckout,
                CancelCheckoutRequest(checkoutId: called.checkoutId, reason: "no", waitMs: 5_000))
            await #expect(throws: RPCError.self) {
                try await rig.purchase(rig.request(event, quantity: 9))
            }
            #expect(
                try await Self.counts(rig) == [
                    "checkouts.COMPLETED": 2, "checkouts.RESERVED": 1, "checkouts.CANCELLED": 1,
                    "checkouts.REJECTED": 1,
                ])
            let verified = try await rig.caller("operator", to: "orders").call(
                OrdersAPI.verifyInvariants, VerifyRequest())
            #expect(verified.violations.isEmpty)
        }
    }

    @Test func aCountThatIsWrongIsMendedWithinTheHour() throws {
        try SuiteRig.onSale { rig, event in
            _ = try await rig.purchase(rig.request(event))
            try await rig.ordersDatabase.write { batch in
                try batch.execute("UPDATE checkout_tally SET in_new = 3, in_completed = -1")
            }
            try await rig.pass(ms: 3_700_000)
            #expect(try await Self.counts(rig) == ["checkouts.COMPLETED": 1])
            try await rig.expectSound()
        }
    }

    @Test func aCountThatIsGoneStopsNobodyFromBuying() throws {
        try SuiteRig.onSale { rig, event in
            try await rig.ordersDatabase.write { batch in
                try batch.execute("UPDATE checkout_tally SET id = 2")
            }
            #expect(try await rig.purchase(rig.request(event)).state == .completed)
            #expect(try await Self.counts(rig) == [:])
            try await rig.pass(ms: 3_700_000)
            #expect(try await Self.counts(rig) == ["checkouts.COMPLETED": 1])
        }
    }

    @Test(arguments: ["inventory", "orders", "payments"])
    func figuresAreForOperators(_ service: String) throws {
        try SuiteRig.run { rig in
            let stats =
                switch service {
                case "inventory": InventoryAPI.stats
                case "orders": OrdersAPI.stats
                default: PaymentsAPI.stats
                }
            let error = await #expect(throws: RPCError.self) {
                try await rig.caller("gateway", to: service).call(stats, StatsRequest())
            }
            #expect(error?.reason == .permissionDenied)
        }
    }
}
