import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support
import Testing

/// Tickets for members only: what the gateway vouches for reaches whoever decides on it.
@Suite struct EntitlementTests {
    private static let member = Actor(id: "ann", kind: "user", entitlements: ["member"])

    @Test func onlyTheEntitledBuy() throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(entitlements: ["member"])
            #expect(try await rig.refusal(rig.request(event)) == "ENTITLEMENT_REQUIRED")
            let other = Actor(id: "bob", kind: "user", entitlements: ["press"])
            let request = rig.request(event, owner: "bob")
            #expect(try await rig.refusal(request, as: other) == "ENTITLEMENT_REQUIRED")
            let reply = try await rig.purchase(rig.request(event), as: Self.member)
            #expect(reply.state == .completed)
            let audit = try await rig.caller("operator", to: "inventory").call(
                InventoryAPI.listAudit, ListAuditRequest(poolId: event.type))
            #expect(audit.entries.first { $0.action == .reserve }?.actor == "orders/user:ann")
            try await rig.expectSound()
        }
    }

    @Test func aPurchaseThatOutlivesItsProcessKeepsItsBuyer() throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(entitlements: ["member"])
            rig.inventory.plan { method, count in
                method == "inventory.Reserve" && count == 1 ? .diesBefore : nil
            }
            let request = rig.request(event, waitMs: 5_000)
            let first = rig.test.scheduler.spawn {
                try? await rig.purchase(request, as: Self.member)
            }
            while rig.inventory.faults == 0 { try await rig.pass(ms: 100) }
            try await rig.restartOrders()
            _ = await first.result
            #expect(try await rig.end(request.purchaseId).state == .completed)
            // Who asks again may be somebody else's session: the purchase is the same.
            #expect(try await rig.purchase(request).order?.tickets.count == 2)
            try await rig.expectSound()
        }
    }

    @Test func whatIsSaidOfAnActorHasBounds() throws {
        try SuiteRig.onSale { (rig, event) async throws in
            for actor in [
                Actor(id: "", kind: "user"), Actor(id: "an\u{202E}n", kind: "user"),
                Actor(id: String(repeating: "a", count: 129), kind: "user"),
                Actor(
                    id: "ann", kind: "user", entitlements: Array(repeating: "member", count: 101)),
                Actor(
                    id: "ann", kind: "user", entitlements: [String(repeating: "m", count: 256)]),
            ] {
                let request = rig.request(event)
                #expect(try await rig.refusal(request, as: actor) == "INVALID_ARGUMENT")
            }
            let most = Actor(
                id: String(repeating: "a", count: 128), kind: "user",
                entitlements: Array(repeating: String(repeating: "m", count: 255), count: 100))
            let request = rig.request(event, owner: most.id)
            #expect(try await rig.purchase(request, as: most).state == .completed)
        }
    }
}
