import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Stores
import Support
import Testing

/// What Orders makes of the connections to its peers.
@Suite struct LinkTests {
    @Test(arguments: [("payments", CheckoutState.committing), ("inventory", .paid)])
    func sagasGoOnAsSoonAsTheirPeerIsBack(_ peer: String, _ meanwhile: CheckoutState) throws {
        for seed in StoreFolder.some(of: UInt64(1)...8) {
            try SuiteRig.run(seed: seed) { rig in
                let event = try await rig.event(capacity: 40)
                let requests = (0..<5).map { rig.request(event, owner: "\($0)", waitMs: 0) }
                // Inventory goes while the money is taken.
                let payments = rig.payments
                rig.payments.plan { _, _ in peer == "inventory" ? .requestLost : nil }
                if peer == "payments" { await rig.cutOff(peer) }
                for request in requests { _ = try await rig.purchase(request) }
                if peer == "inventory" {
                    while payments.count("payments.CreatePayment") < 5 {
                        try await rig.pass(ms: 10)
                    }
                    await rig.cutOff(peer)
                    rig.payments.plan { _, _ in nil }
                }
                // Long enough for pauses of a minute.
                try await rig.pass(ms: 600_000)
                for request in requests {
                    #expect(try await rig.checkout(request.purchaseId).state == meanwhile)
                }
                try await rig.reconnect(peer)
                // A client looks for its peer every 12 s at most.
                try await rig.pass(ms: 12_500)
                for request in requests {
                    #expect(try await rig.checkout(request.purchaseId).state == .completed)
                }
                try await rig.expectSound()
            }
        }
    }

    @Test func aBurstWaitsItsTurnAndIsNotRefused() throws {
        try SuiteRig.run(sim: SimConfiguration(slowMs: 1_000)) { rig in
            let event = try await rig.event(capacity: 1_000)
            let requests = (0..<400).map {
                rig.request(event, quantity: 1, method: "sim_slow", owner: "\($0)", waitMs: 0)
            }
            for request in requests { _ = try await rig.purchase(request) }
            for request in requests {
                #expect(try await rig.end(request.purchaseId).state == .completed)
            }
            // More than a connection takes at once, and none was sent away to come again.
            #expect(rig.payments.most > RPCLimits().callsPerConnection)
            #expect(rig.troubles == 0)
            try await rig.expectSound()
        }
    }

    @Test func sagasHaveTheirConnectionsToThemselves() throws {
        try SuiteRig.onSale { rig, event in
            let request = rig.request(event, method: "sim_late", waitMs: 0)
            _ = try await rig.purchase(request)
            #expect(try await rig.end(request.purchaseId).state == .completed)
            try await rig.expectSound()
            let methods = rig.inventory.methods.union(rig.payments.methods)
            #expect(methods.contains("payments.RefreshPayment"))
            #expect(
                methods.isDisjoint(with: [
                    "payments.ReadEvents", "payments.ListUnsettled", "payments.VerifyInvariants",
                    "inventory.ListHolds", "inventory.VerifyInvariants",
                ]), "\(methods.sorted())")
        }
    }
}
