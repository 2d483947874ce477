import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Stores
import Testing
import Wire

/// Payments that want the buyer, or take their time, or come too late.
@Suite struct WaitingPaymentTests {
    @Test func aBuyerWhoMustActIsToldAtOnceAndGetsTicketsAfterwards() throws {
        try SuiteRig.onSale { rig, event in
            let request = rig.request(event, method: "sim_action")
            let waiting = try await rig.purchase(request)
            #expect(waiting.state == .paying && waiting.payment?.action != nil)
            #expect(waiting.reservationStatus == .paymentProcessing)
            #expect((1...900_000).contains(waiting.expiresInMs ?? 0))
            let end = try await rig.end(request.purchaseId)
            #expect(end.state == .completed && end.order?.tickets.count == 2)
            #expect(end.payment?.action == nil)
            try await rig.expectSound()
        }
    }

    @Test func aLatePaymentIsWaitedFor() throws {
        try SuiteRig.onSale { rig, event in
            let request = rig.request(event, method: "sim_late", waitMs: 1_000)
            #expect(try await rig.purchase(request).state == .paying)
            #expect(try await rig.end(request.purchaseId).state == .completed)
            try await rig.expectSound()
        }
    }

    @Test func whenTheHoldEndsFirstThePaymentIsVoided() throws {
        try SuiteRig.onSale(sim: SimConfiguration(lateMs: 100_000_000)) { rig, event in
            let request = rig.request(event, method: "sim_late", waitMs: 0)
            _ = try await rig.purchase(request)
            let end = try await rig.end(request.purchaseId)
            #expect(end.state == .expired && end.reservationStatus == .expired)
            #expect(try await rig.availability(event).types.map(\.available) == [10])
            try await rig.expectSound()
        }
    }

    /// Orders sleeps through the end of the hold; the money comes meanwhile.
    private static func sleepThroughTheEnd(
        _ rig: SuiteRig, _ request: PurchaseRequest
    ) async throws {
        rig.payments.plan { method, _ in method == "payments.RefreshPayment" ? .requestLost : nil }
        _ = try await rig.purchase(request)
        try await rig.pass(ms: 1_000_000)
    }

    /// The buyer begins another attempt while the stock is fenced for the one before, which then is
    /// given up, though nobody hears so. The stock is theirs again, for whichever comes next.
    @Test(arguments: [true, false])
    func aFenceForAnAttemptThatWasReplacedIsTakenBack(_ paysAgain: Bool) throws {
        try SuiteRig.onSale { rig, event in
            rig.inventory.plan { $0 == "inventory.BeginCommit" && $1 == 1 ? .diesAfter : nil }
            rig.payments.plan { method, _ in method == "payments.VoidPayment" ? .replyLost : nil }
            let checkout = try await rig.reserve(event, holdTtlMs: 60_000)
            _ = try await rig.pay(checkout, "sim_action", .authCapture, waitMs: 0)
            for _ in 0..<9_000 where rig.inventory.faults == 0 { try await rig.pass(ms: 1) }
            _ = try? await rig.pay(checkout, "sim_ok", waitMs: 0)
            try await rig.restartOrders()
            try await rig.pass(ms: 30_000)
            #expect(rig.payments.count("payments.VoidPayment") == 3)
            rig.payments.plan { _, _ in nil }
            if paysAgain { _ = try await rig.pay(checkout, "sim_ok", waitMs: 0) }
            let end = try await rig.end(checkout.checkoutId)
            #expect(end.state == (paysAgain ? .completed : .expired))
            try await rig.expectSound()
        }
    }

    @Test func moneyThatComesTooLateTakesFreeStockAgain() throws {
        try SuiteRig.onSale(sim: SimConfiguration(lateMs: 950_000)) { rig, event in
            let request = rig.request(event, method: "sim_late", waitMs: 0)
            try await Self.sleepThroughTheEnd(rig, request)
            #expect(try await rig.availability(event).types.map(\.available) == [10])
            rig.payments.plan { _, _ in nil }
            let end = try await rig.end(request.purchaseId)
            #expect(end.state == .completed && end.order?.tickets.count == 2)
            #expect(try await rig.availability(event).types.map(\.sold) == [2])
            try await rig.expectSound()
        }
    }

    @Test func moneyForStockThatIsGoneIsGivenBack() throws {
        try SuiteRig.run(sim: SimConfiguration(lateMs: 950_000)) { rig in
            let event = try await rig.event(capacity: 2)
            let request = rig.request(event, method: "sim_late", waitMs: 0)
            try await Self.sleepThroughTheEnd(rig, request)
            let faster = try await rig.purchase(rig.request(event, owner: "bob"))
            #expect(faster.state == .completed)
            rig.payments.plan { _, _ in nil }
            let end = try await rig.end(request.purchaseId)
            #expect(end.state == .refunded && end.order == nil)
            #expect(end.refund?.isSettled == true && end.refund?.owed == end.totals?.total)
            #expect(try await rig.availability(event).types.map(\.sold) == [2])
            try await rig.expectSound()
        }
    }

    /// Which attempts fail is drawn by the refund's id: of some draws the first fails and a later
    /// one does not.
    @Test("R8: a refund that fails is tried again until it is settled")
    func aRefundThatTheProviderRefusesAtFirstIsRetriedUntilItIsSettled() throws {
        for seed in StoreFolder.some(of: UInt64(1)...20) {
            let sim = SimConfiguration(seed: seed, refundFailedBp: 5_000, lateMs: 950_000)
            let attempts = try SuiteRig.run(sim: sim) { rig in
                let event = try await rig.event(capacity: 2)
                let request = rig.request(event, method: "sim_late", waitMs: 0)
                try await Self.sleepThroughTheEnd(rig, request)
                _ = try await rig.purchase(rig.request(event, owner: "bob"))
                rig.payments.plan { _, _ in nil }
                let end = try await rig.end(request.purchaseId)
                // What fails too often waits for a human.
                guard end.state == .refunded else {
                    #expect(end.state == .parked)
                    return Int64(0)
                }
                try await rig.expectSound()
                let refund = GetRefundRequest(
                    refundId: .derived(from: request.purchaseId, "refund"))
                return try await rig.caller("operator", to: "payments").call(
                    PaymentsAPI.getRefund, refund
                ).attempt
            }
            if attempts > 1 { return }
        }
        Issue.record("no refund was tried again and then settled")
    }
}
