import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Storage
import Support
import Testing

/// What one row holds, or says that this release does not know, is nobody else's trouble.
@Suite struct BadRowTests {
    /// A checkout whose money is being taken when Orders dies.
    private static func orphan(_ rig: SuiteRig, _ event: TestEvent) async throws -> UUID {
        rig.payments.plan { method, _ in method == "payments.CreatePayment" ? .replyLost : nil }
        let request = rig.request(event, waitMs: 0)
        _ = try await rig.purchase(request)
        try await rig.pass(ms: 1_000)
        return request.purchaseId
    }

    private static func write(_ rig: SuiteRig, _ change: SQL) async throws {
        try await rig.ordersDatabase.write { try $0.execute(change) }
    }

    private static func lines(_ rig: SuiteRig, _ event: String, _ id: UUID) -> Int {
        rig.test.logLines.all.count { $0.contains("\"\(event)\"") && $0.contains("\(id)") }
    }

    @Test func aCheckoutThatCannotBeReadStopsNoOther() throws {
        try SuiteRig.onSale { rig, event in
            let bad = try await Self.orphan(rig, event)
            let good = try await Self.orphan(rig, event)
            rig.kill("orders")
            let items: [UInt8] = [0xff]
            let kept = try await rig.ordersDatabase.read { reader in
                try reader.query("SELECT items FROM checkout WHERE checkout_id = \(bad)") {
                    try $0.next([UInt8].self)
                }
            }
            try await Self.write(
                rig, "UPDATE checkout SET items = \(items) WHERE checkout_id = \(bad)")
            rig.payments.plan { _, _ in nil }
            try await rig.start("orders")
            #expect(try await rig.end(good).state == .completed)
            #expect(Self.lines(rig, "row_set_aside", bad) > 0)
            // Mended, it goes on by itself, as one of whose payment nobody knows.
            try await Self.write(
                rig, "UPDATE checkout SET items = \(kept[0]) WHERE checkout_id = \(bad)")
            try await rig.pass(ms: 60_000)
            #expect(try await rig.end(bad).state == .completed)
            try await rig.expectSound()
        }
    }

    @Test func aStepOfANewerReleaseIsLeftAsItIs() throws {
        try SuiteRig.onSale { rig, event in
            let id = try await Self.orphan(rig, event)
            rig.kill("orders")
            try await Self.write(
                rig, "UPDATE checkout SET step = 'pay_by_points' WHERE checkout_id = \(id)")
            rig.payments.plan { _, _ in nil }
            try await rig.start("orders")
            try await rig.pass(ms: 60_000)
            #expect(try await rig.checkout(id).state == .committing)
            #expect((1...8).contains(Self.lines(rig, "saga_left", id)))
            await #expect(throws: RPCError.self) {
                try await rig.caller("gateway", to: "orders").call(
                    OrdersAPI.cancelCheckout,
                    CancelCheckoutRequest(checkoutId: id, reason: "no"))
            }
            // An instance that knows the step takes it from there.
            try await Self.write(rig, "UPDATE checkout SET step = 'pay' WHERE checkout_id = \(id)")
            try await rig.pass(ms: 100_000)
            #expect(try await rig.end(id).state == .completed)
            try await rig.expectSound()
        }
    }

    /// One of two instances cannot go on: the other has the row within a second or two.
    @Test func whatOneInstanceGivesUpTheOtherTakes() throws {
        try SuiteRig.onSale(isShared: true) { rig, event in
            let id = try await Self.orphan(rig, event)
            try await rig.start(Stage.secondOrders)
            try await Self.write(rig, "UPDATE checkout SET epoch = 0 WHERE checkout_id = \(id)")
            try await rig.pass(ms: 30_000)
            let saga = try await rig.caller("operator", to: "orders").call(
                OrdersAPI.getSaga, GetSagaRequest(checkoutId: id))
            #expect(saga.epoch > 0)
            rig.payments.plan { _, _ in nil }
            #expect(try await rig.end(id).state == .completed)
            try await rig.expectSound()
        }
    }

    @Test func everyMethodTellsOnlyOfACompletedCheckoutThatAgreesWithItsOrder() throws {
        try SuiteRig.onSale { rig, event in
            let orders = rig.caller("gateway", to: "orders")
            let id = try await rig.reserve(event).checkoutId
            let payment = StartPaymentRequest(
                checkoutId: id, attemptId: rig.test.world.newID(), provider: "sim",
                paymentMethod: "sim_ok")
            let tells: [@Sendable () async throws -> CheckoutReply] = [
                { try await orders.call(OrdersAPI.startPayment, payment) },
                {
                    try await orders.call(OrdersAPI.getCheckout, GetCheckoutRequest(checkoutId: id))
                },
                {
                    try await orders.call(
                        OrdersAPI.watchCheckout,
                        WatchCheckoutRequest(checkoutId: id, sinceVersion: 0))
                },
            ]
            for tell in tells { #expect(try await tell().state == .completed) }
            try await Self.write(
                rig, "UPDATE ticket_order SET owner = 'eve' WHERE order_id = \(id)")
            for tell in tells {
                await #expect {
                    _ = try await tell()
                } throws: {
                    ($0 as? RPCError)?.reason == .internal
                }
            }
        }
    }

    /// Each of these checkouts is unknown to Orders but one, which can't be read.
    @Test func aPaymentThatCannotBeAdoptedKeepsNoOtherFromIt() throws {
        try SuiteRig.onSale { rig, event in
            let ids = (0..<8).map { _ in rig.test.world.newID() }
            for id in ids {
                _ = try await rig.caller("orders", to: "payments").call(
                    PaymentsAPI.createPayment,
                    CreatePaymentRequest(
                        paymentId: .derived(from: id, "pay"), checkoutId: id, eventId: event.id,
                        owner: "ann", amount: Money(100, SuiteRig.euro), provider: "sim",
                        captureMode: .sale, paymentMethod: "sim_ok", expiresInMs: 900_000))
            }
            let bad = try #require(
                ids.min { UUID.derived(from: $0, "pay") < .derived(from: $1, "pay") })
            let known = try await Self.orphan(rig, event)
            rig.payments.plan { _, _ in nil }
            _ = try await rig.end(known)
            let items: [UInt8] = [0xff]
            try await Self.write(
                rig, "UPDATE checkout SET checkout_id = \(bad), items = \(items)")
            try await rig.pass(ms: 150_000)
            for id in ids where id != bad {
                #expect(try await rig.checkout(id).state == .refunded)
            }
            let payment = UUID.derived(from: bad, "pay")
            #expect(Self.lines(rig, "row_set_aside", payment) > 0)
        }
    }

    @Test func whatWasSeenOfAPeerMayBeUnreadableAtTheStart() throws {
        try SuiteRig.run { rig in
            try await rig.pass(ms: 5_000)
            let feed: [UInt8] = [0xff]
            try await Self.write(
                rig, "UPDATE peer_history SET feed_id = \(feed) WHERE peer = 'inventory'")
            try await Self.write(rig, "DELETE FROM peer_history WHERE peer = 'payments'")
            try await rig.restartOrders()
            try await rig.pass(ms: 5_000)
            let peers = try await rig.ordersDatabase.read { reader in
                try reader.query("SELECT peer FROM peer_history ORDER BY peer") {
                    try $0.next(String.self)
                }
            }
            #expect(peers == ["inventory", "payments"])
        }
    }

    @Test func verificationNamesWhatItCannotReadAndGoesOn() throws {
        try SuiteRig.onSale { rig, event in
            let id = try await Self.orphan(rig, event)
            let items: [UInt8] = [0xff]
            try await Self.write(
                rig, "UPDATE checkout SET items = \(items) WHERE checkout_id = \(id)")
            try await Self.write(rig, "UPDATE checkout_tally SET in_completed = 7")
            let found = try await rig.caller("operator", to: "orders").call(
                OrdersAPI.verifyInvariants, VerifyRequest()
            ).violations
            #expect(found.contains { $0.invariant == "P-1" && $0.subject.contains("\(id)") })
            #expect(found.contains { $0.invariant == "P-5" })
            try await rig.paymentsDatabase.write { batch in
                try batch.execute("UPDATE payment SET state = 'CAPTURED', operation = 'STEAL'")
            }
            let paid = try await rig.caller("operator", to: "payments").call(
                PaymentsAPI.verifyInvariants, VerifyRequest()
            ).violations
            #expect(paid.contains { $0.invariant == "M-3" && $0.actual.contains("corrupt") })
        }
    }
}
