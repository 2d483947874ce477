import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Support
import Testing

/// Purchases whose payments tell of themselves, and webhooks that come over the wire.
@Suite struct WebhookTests {
    /// It is looked at after 92 s and then after 107 s; the money comes in between, and so do the
    /// tickets.
    @Test func aLatePurchaseEndsWhenItsMoneyComes() throws {
        func seconds(_ sim: SimConfiguration) throws -> Int64 {
            try SuiteRig.onSale(sim: sim) { rig, event in
                let request = rig.request(event, method: "sim_late", waitMs: 0)
                let start = rig.test.clock.now()
                _ = try await rig.purchase(request)
                #expect(try await rig.end(request.purchaseId).state == .completed)
                let seconds = start.millisecondsUntil(rig.test.clock.now()) / 1_000
                try await rig.expectSound()
                return seconds
            }
        }
        #expect(
            (104...106).contains(try seconds(SimConfiguration(webhookBp: 10_000, lateMs: 104_000))))
        #expect((107...109).contains(try seconds(SimConfiguration(lateMs: 104_000))))
    }

    /// With every token, late, twice and lost, nothing is sold twice and no money is kept.
    @Test func purchasesSurviveTheirWebhooks() throws {
        for seed in UInt64(1)...5 {
            let sim = SimConfiguration(
                seed: seed, webhookBp: 8_000, webhookLateBp: 5_000, webhookTwiceBp: 5_000)
            try SuiteRig.run(seed: seed, sim: sim) { rig in
                let event = try await rig.event(capacity: 20)
                let tokens = [
                    "sim_ok", "sim_slow", "sim_lost_reply", "sim_late", "sim_action",
                    "sim_declined",
                ]
                let requests = (0..<24).map {
                    rig.request(
                        event, quantity: 1, method: tokens[$0 % 6], owner: "buyer\($0)",
                        waitMs: 0)
                }
                await withTaskGroup(of: Void.self) { group in
                    for request in requests {
                        group.addTask { _ = try? await rig.purchase(request) }
                    }
                }
                var sold: Int64 = 0
                for request in requests {
                    if try await rig.end(request.purchaseId).state == .completed { sold += 1 }
                }
                #expect(try await rig.availability(event).types.map(\.sold) == [sold])
                #expect(sold > 10)
                try await rig.expectSound()
                let states = try await rig.webhooks().map(\.state)
                #expect(Set(states) == [.applied])
                #expect(states.count > 15)
            }
        }
    }

    /// A gateway passes on what came to its door, as it came.
    @Test func aGatewayPassesWebhooksOn() throws {
        try SuiteRig.onSale(sim: SimConfiguration(lateMs: 100_000)) { rig, event in
            let request = rig.request(event, method: "sim_late", waitMs: 0)
            _ = try await rig.purchase(request)
            try await rig.pass(ms: 100_000)
            let checkout = try await rig.checkout(request.purchaseId)
            let payment = try #require(checkout.payment).paymentId
            let wrong = await #expect(throws: RPCError.self) {
                _ = try await rig.ingest(
                    "evt_wire", of: payment, code: String(repeating: "0", count: 64))
            }
            #expect(wrong?.reason == .signatureInvalid && wrong?.code == .unauthenticated)
            #expect(wrong?.isRefusal == true)
            let reply = try await rig.ingest("evt_wire", of: payment)
            #expect(reply == .init(accepted: true, eventId: "evt_wire", duplicate: false))
            #expect(try await rig.ingest("evt_wire", of: payment).duplicate)
            try await rig.pass(ms: 2_000)
            #expect(try await rig.checkout(request.purchaseId).state == .completed)
            let replayed = try await rig.caller("operator", to: "payments").call(
                PaymentsAPI.replayWebhook,
                ReplayWebhookRequest(provider: "sim", eventId: "evt_wire"))
            #expect(replayed.state == .received)
            try await rig.expectSound()
        }
    }
}
