import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support
import Testing
import Wire

/// Before the money is asked for, a cancellation wins: whoever is told that it was heard is not
/// charged, whatever comes in between.
@Suite struct CalledOffTests {
    private static func expectUncharged(
        _ id: UUID, _ rig: SuiteRig, _ place: SourceLocation = #_sourceLocation
    ) async throws {
        let end = try await rig.end(id)
        #expect(end.state == .cancelled, sourceLocation: place)
        #expect(end.order == nil && end.problem == nil, sourceLocation: place)
        #expect(rig.provider.questions == [], sourceLocation: place)
        try await rig.expectSound()
    }

    /// Inventory is away, and comes back.
    @Test(arguments: [false, true], [false, true])
    func aPurchaseThatWaitsForInventoryIsNotCharged(isShort: Bool, dies: Bool) throws {
        try SuiteRig.onSale { rig, event in
            await rig.cutOff("inventory")
            let id = rig.test.world.newID()
            let begun = rig.test.scheduler.spawn {
                isShort
                    ? try? await rig.purchase(rig.request(event, id: id, waitMs: 500))
                    : try? await rig.reserve(event, id: id)
            }
            try await rig.pass(ms: 2_000)
            let told = try await rig.cancel(try await rig.checkout(id))
            #expect(told.isCancelRequested == true || told.state == .cancelling)
            if dies { try await rig.restartOrders() }
            try await rig.pass(ms: 5_000)
            try await rig.reconnect("inventory")
            try await Self.expectUncharged(id, rig)
            _ = try await begun.value
        }
    }

    /// Reserve has been answered, but the saga has not heard the answer yet, so that it would go on
    /// to the payment without looking at its row: here, or in the process after it.
    @Test(arguments: [false, true], [false, true])
    func theSagaLooksAtItsRowBeforeItPays(isShared: Bool, dies: Bool) throws {
        try SuiteRig.run(isShared: isShared) { rig in
            if isShared { try await rig.start(Stage.secondOrders) }
            let event = try await rig.event()
            rig.inventory.plan { method, count in
                guard method == "inventory.Reserve", count == 1 else { return nil }
                return dies ? .diesAfter : .replyHeld
            }
            let request = rig.request(event, waitMs: 0)
            #expect(try await rig.purchase(request).state == .new)
            try await rig.pass(ms: 300)
            #expect(rig.inventory.count("inventory.Reserve") == 1)
            let at = isShared ? Stage.secondOrders : "orders"
            let told = try await rig.caller("gateway", to: at).call(
                OrdersAPI.cancelCheckout,
                CancelCheckoutRequest(checkoutId: request.purchaseId, reason: "no"))
            #expect(told.isCancelRequested == true)
            if dies { try await rig.restartOrders() } else { rig.inventory.letGo() }
            try await Self.expectUncharged(request.purchaseId, rig)
        }
    }

    /// The same while the hold of a checkout is extended or fenced for a payment.
    @Test(
        arguments: ["inventory.ExtendHold", "inventory.BeginCommit"],
        [CaptureMode.sale, .authCapture])
    func aStartedPaymentIsNotAskedForWhenItIsCalledOffBefore(
        _ method: String, _ mode: CaptureMode
    ) throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            rig.inventory.plan { called, _ in called == method ? .replyHeld : nil }
            let pay = rig.test.scheduler.spawn { try? await rig.pay(checkout, "sim_ok", mode) }
            try await rig.pass(ms: 300)
            _ = try await rig.cancel(checkout)
            rig.inventory.plan { _, _ in nil }
            rig.inventory.letGo()
            _ = try await pay.value
            let end = try await rig.end(checkout.checkoutId)
            #expect(end.state == .cancelled && end.refund == nil)
            #expect(rig.payments.count("payments.CapturePayment") == 0)
            if mode == .sale { #expect(rig.payments.count("payments.CreatePayment") == 0) }
            try await rig.expectSound()
        }
    }

    /// A purchase that Inventory refused, to a process that died of it and to the next one.
    @Test func whatInventoryRefusedTwiceIsRejectedAllTheSame() throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(capacity: 1)
            rig.inventory.plan { method, count in
                method == "inventory.Reserve" && count == 1 ? .diesBefore : nil
            }
            let request = rig.request(event, waitMs: 0)
            _ = try await rig.purchase(request)
            try await rig.pass(ms: 300)
            try await rig.restartOrders()
            let end = try await rig.end(request.purchaseId)
            #expect(end.state == .rejected && end.problem?.reason == "INSUFFICIENT_INVENTORY")
            try await rig.expectSound()
        }
    }
}
