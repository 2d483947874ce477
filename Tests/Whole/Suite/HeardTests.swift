import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Storage
import Stores
import Support
import Testing
import Wire

/// Holds that end without their checkout: it hears of it from Inventory's feed, ends too, and its
/// buyer is not charged.
@Suite struct HeardTests {
    private static func hold(_ checkout: CheckoutReply) -> UUID {
        .derived(from: checkout.checkoutId, "hold")
    }

    private static func release(
        _ checkout: CheckoutReply, as identity: String, _ reason: ReleaseReason, _ rig: SuiteRig
    ) async throws {
        _ = try await rig.caller(identity, to: "inventory").call(
            InventoryAPI.releaseHold,
            ReleaseHoldRequest(holdId: hold(checkout), reason: reason))
    }

    /// Two instances are both told, and one of them does it.
    @Test(arguments: [false, true])
    func aReplacedCheckoutEndsWithinASecondAndIsNeverCharged(isShared: Bool) throws {
        try SuiteRig.run(isShared: isShared) { rig in
            if isShared { try await rig.start(Stage.secondOrders) }
            let event = try await rig.event(capacity: 2, openCheckouts: nil)
            let first = try await rig.reserve(event)
            let second = try await rig.reserve(event)
            #expect(second.state == .reserved)
            try await rig.pass(ms: 1_000)
            let end = try await rig.checkout(first.checkoutId)
            #expect(end.state == .cancelled && end.problem?.reason == "HOLD_RELEASED")
            let told = try await rig.refusal { _ = try await rig.pay(first) }
            #expect(told == "CHECKOUT_STATE")
            #expect(rig.payments.count("payments.CreatePayment") == 0)
            #expect(try await rig.pay(second).state == .completed)
            let saga = try await rig.caller("operator", to: "orders").call(
                OrdersAPI.getSaga, GetSagaRequest(checkoutId: first.checkoutId))
            #expect(saga.history.contains { $0.outcome == "HEARD" })
            try await rig.expectSound()
        }
    }

    /// Whoever comes first, the replacing or the payment: no card is asked for stock that is gone.
    @Test(arguments: [CaptureMode.sale, .authCapture])
    func moneyNeverMeetsADeadHold(_ mode: CaptureMode) throws {
        var ends: Set<CheckoutState> = []
        for seed in StoreFolder.some(of: UInt64(1)...24) {
            let end = try SuiteRig.run(seed: seed) { rig in
                let event = try await rig.event(capacity: 2, openCheckouts: .replace)
                let first = try await rig.reserve(event)
                let pay = rig.test.scheduler.spawn { try? await rig.pay(first, "sim_ok", mode) }
                try await rig.pass(ms: Int64(seed % 4))
                let second = rig.test.world.newID()
                let refused = try await rig.refusal {
                    _ = try await rig.reserve(event, id: second)
                }
                _ = try await pay.value
                let end = try await rig.end(first.checkoutId)
                if end.state == .completed {
                    // Its hold was fenced, or sold with nothing left.
                    #expect(["OPEN_CHECKOUT_EXISTS", "INSUFFICIENT_INVENTORY"].contains(refused))
                } else {
                    #expect(refused == nil)
                    #expect(end.state == .cancelled && end.refund == nil)
                    let funds = try await rig.caller("operator", to: "payments").call(
                        PaymentsAPI.ledgerBalance, LedgerBalanceRequest(prefix: "funds:"))
                    #expect(funds.accounts == [])
                    _ = try await rig.cancel(try await rig.checkout(second))
                }
                try await rig.expectSound()
                return end.state
            }
            ends.insert(end)
        }
        #expect(ends.contains(.completed) && ends.isSubset(of: [.completed, .cancelled]))
    }

    /// The feed is far behind: nobody has heard of it when the card is shown.
    @Test(arguments: [CaptureMode.sale, .authCapture])
    func startPaymentLooksAtTheHoldItself(_ mode: CaptureMode) throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(openCheckouts: .replace)
            let first = try await rig.reserve(event)
            // As a crash between Inventory's commit and the feed's reader leaves it.
            rig.inventory.refuse(
                "inventory.ExtendHold", [RPCError(.holdReleased, "the hold was released")])
            let end = try await rig.pay(first, "sim_ok", mode)
            #expect(end.state == .cancelled && end.problem?.reason == "HOLD_RELEASED")
            #expect(rig.payments.count("payments.CreatePayment") == 0)
            try await rig.expectSound()
        }
    }

    @Test func whatStaffGivesBackEndsItsCheckoutAndAGatewayMayNot() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            let waiting = try await rig.reserve(event, owner: "bob")
            #expect(try await rig.pay(waiting, "sim_late").state == .paying)
            for reason in [ReleaseReason.buyer, .saga] {
                let refusal = try await rig.refusal {
                    try await Self.release(checkout, as: "gateway", reason, rig)
                }
                #expect(refusal == "PERMISSION_DENIED")
            }
            let extending = try await rig.refusal {
                _ = try await rig.caller("gateway", to: "inventory").call(
                    InventoryAPI.extendHold,
                    ExtendHoldRequest(holdId: Self.hold(checkout), atLeastMs: 1_000))
            }
            #expect(extending == "PERMISSION_DENIED")
            #expect(try await rig.checkout(checkout.checkoutId).state == .reserved)
            for checkout in [checkout, waiting] {
                try await Self.release(checkout, as: "operator", .admin, rig)
            }
            try await rig.pass(ms: 1_000)
            for checkout in [checkout, waiting] {
                let end = try await rig.checkout(checkout.checkoutId)
                #expect(end.state == .cancelled && end.problem?.message.contains("ADMIN") == true)
            }
            try await rig.expectSound()
        }
    }

    /// Orders was down while it happened.
    @Test(arguments: ["orders", "inventory"])
    func whoWasDownHearsOfItLater(_ service: String) throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            try await rig.pass(ms: 500)
            if service == "orders" { rig.kill(service) }
            try await Self.release(checkout, as: "operator", .admin, rig)
            // Nothing is heard of it before it dies, or all is told again after it.
            if service == "inventory" { rig.kill(service) }
            try await rig.pass(ms: 3_000)
            try await rig.start(service)
            try await rig.pass(ms: 3_000)
            #expect(try await rig.checkout(checkout.checkoutId).state == .cancelled)
            try await rig.expectSound()
        }
    }

    /// Holds that a gateway makes for itself end without anybody at Orders being concerned.
    @Test func aGatewaysOwnHoldsAreNoNews() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            let gateway = rig.caller("gateway", to: "inventory")
            let hold = rig.test.world.newID()
            @Sendable func reserve(_ reference: HoldReference?) async throws {
                _ = try await gateway.call(
                    InventoryAPI.reserve,
                    ReserveRequest(
                        holdId: hold, eventId: event.id, owner: "eve",
                        lines: [HoldLine(ticketTypeId: event.type, quantity: 1)],
                        reference: reference))
            }
            let reference = HoldReference(kind: .checkout, id: checkout.checkoutId)
            let refusal = try await rig.refusal { try await reserve(reference) }
            #expect(refusal == "PERMISSION_DENIED")
            try await reserve(nil)
            _ = try await gateway.call(
                InventoryAPI.releaseHold, ReleaseHoldRequest(holdId: hold, reason: .buyer))
            try await rig.pass(ms: 2_000)
            #expect(try await rig.checkout(checkout.checkoutId).state == .reserved)
            let counters = try await rig.caller("operator", to: "orders").call(
                OrdersAPI.stats, StatsRequest()
            ).counters
            #expect(counters["feed.inventory.cursor"] ?? 0 >= 3)
            #expect(try await rig.pay(checkout).state == .completed)
            try await rig.expectSound()
        }
    }

    /// A restored Inventory gives numbers a second time; Orders stops, says so, and goes on where
    /// an operator says.
    @Test func ordersFollowsARestoredInventoryOnlyWhenTold() throws {
        try SuiteRig.onSale { rig, event in
            let first = try await rig.reserve(event)
            try await rig.pass(ms: 1_000)
            let staff = rig.caller("operator", to: "inventory")
            let before = try await staff.call(
                InventoryAPI.readEvents, FeedRequest(feedId: nil, afterSeq: 0))
            #expect(before.head > 0)
            let database = try #require(rig.inventoryDatabase)
            // Another time of the same facts is another history.
            try await database.write { _ = try $0.execute("UPDATE outbox SET at = at + 1") }
            let second = try await rig.reserve(event, owner: "bob")
            try await Self.release(second, as: "operator", .admin, rig)
            try await rig.pass(ms: 65_000)
            #expect(try await rig.checkout(second.checkoutId).state == .reserved)
            let orders = rig.caller("operator", to: "orders")
            let violations = try await orders.call(
                OrdersAPI.verifyInvariants, VerifyRequest()
            ).violations
            #expect(violations.map(\.invariant) == ["P-4"])
            #expect(rig.test.logLines.all.contains { $0.contains("feed.diverged") })

            let followed = try await rig.followInventory()
            #expect(followed.seq == 0 && followed.head > before.head)
            try await rig.pass(ms: 3_000)
            #expect(try await rig.checkout(second.checkoutId).state == .cancelled)
            #expect(try await rig.pay(first).state == .completed)
            try await rig.expectSound()
        }
    }
}
