import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Stores
import Support
import Testing
import Wire

/// The awkward races as the domain numbers them, between money and stock. Those of webhooks, of
/// holds and of dying anywhere are beside this file.
@Suite struct RaceTests {
    /// Payments cannot be reached from before the hold's end until `body` has run.
    private static func sleepThroughTheEnd(
        _ rig: SuiteRig, _ checkout: CheckoutReply, _ mode: CaptureMode,
        then body: @Sendable () async throws -> Void = {}
    ) async throws -> CheckoutReply {
        rig.payments.plan { method, _ in method == "payments.RefreshPayment" ? .requestLost : nil }
        _ = try await rig.pay(checkout, "sim_late", mode)
        try await rig.pass(ms: 1_000_000)
        try await body()
        rig.payments.plan { _, _ in nil }
        return try await rig.end(checkout.checkoutId)
    }

    @Test("R1: an authorisation that comes late takes free stock again, or is given up")
    func r1Authorised() throws {
        for isGone in [false, true] {
            try SuiteRig.run(sim: SimConfiguration(lateMs: 950_000)) { rig in
                let event = try await rig.event(capacity: 2)
                let checkout = try await rig.reserve(event)
                let end = try await Self.sleepThroughTheEnd(rig, checkout, .authCapture) {
                    if isGone { _ = try await rig.purchase(rig.request(event, owner: "bob")) }
                }
                #expect(end.state == (isGone ? .expired : .completed))
                // Not charged: nothing to give back.
                #expect(end.refund == nil)
                #expect(try await rig.availability(event).types.map(\.sold) == [2])
                try await rig.expectSound()
            }
        }
    }

    @Test("R1: money that comes late takes free stock again, or goes back")
    func r1Captured() throws {
        for isGone in [false, true] {
            try SuiteRig.run(sim: SimConfiguration(lateMs: 950_000)) { rig in
                let event = try await rig.event(capacity: 2)
                let checkout = try await rig.reserve(event)
                let end = try await Self.sleepThroughTheEnd(rig, checkout, .sale) {
                    if isGone { _ = try await rig.purchase(rig.request(event, owner: "bob")) }
                }
                #expect(end.state == (isGone ? .refunded : .completed))
                if isGone { #expect(end.refund?.owed == end.totals?.total) }
                try await rig.expectSound()
            }
        }
    }

    @Test("R7: cancel races pay: one of them wins, and both hear the same")
    func r7() throws {
        var ends: Set<CheckoutState> = []
        for seed in StoreFolder.some(of: UInt64(1)...60) {
            let end = try SuiteRig.onSale(seed: seed, sim: SimConfiguration(slowMs: 40)) {
                rig, event in
                let checkout = try await rig.reserve(event)
                let mode: CaptureMode = seed.isMultiple(of: 2) ? .sale : .authCapture
                let card = seed.isMultiple(of: 3) ? "sim_slow" : "sim_ok"
                let pay = rig.test.scheduler.spawn { try? await rig.pay(checkout, card, mode) }
                try await rig.pass(ms: Int64(seed % 5) * 15)
                let told = try await rig.refusal { _ = try await rig.cancel(checkout) }
                _ = try await pay.value
                let end = try await rig.end(checkout.checkoutId)
                #expect(told == nil || told == "TOO_LATE_USE_REFUND")
                #expect([.cancelled, .refunded, .completed].contains(end.state))
                if told != nil { #expect(end.state == .completed) }
                let sold: Int64 = end.state == .completed ? 2 : 0
                #expect(try await rig.availability(event).types.map(\.sold) == [sold])
                try await rig.expectSound()
                return end.state
            }
            ends.insert(end)
        }
        #expect(ends.isSuperset(of: [.cancelled, .completed]))
    }

    @Test("R7: while money is being taken a cancel is noted, and done if that fails")
    func r7Noted() throws {
        for isDeclined in [false, true] {
            try SuiteRig.onSale { rig, event in
                let checkout = try await rig.reserve(event)
                // The first capture is not answered; the next one is declined, or not.
                rig.payments.plan { method, count in
                    method == "payments.CapturePayment" && count <= 3 ? .requestLost : nil
                }
                let pay = rig.test.scheduler.spawn { try? await rig.pay(checkout) }
                while rig.payments.faults == 0 { try await rig.pass(ms: 5) }
                let noted = try await rig.cancel(checkout)
                #expect(noted.state == .committing && noted.isCancelRequested == true)
                if isDeclined {
                    rig.payments.refuse(
                        "payments.CapturePayment",
                        [.heard(.declined, detail: ["state": "FAILED_FINAL"])])
                }
                _ = try await pay.value
                let end = try await rig.end(checkout.checkoutId)
                #expect(end.state == (isDeclined ? .cancelled : .completed))
                #expect(try await rig.availability(event).event.held == 0)
            }
        }
    }

    @Test("R14: a double click is one payment, two tabs are not two")
    func r14() throws {
        for seed in StoreFolder.some(of: UInt64(1)...20) {
            try SuiteRig.onSale(seed: seed) { rig, event in
                let checkout = try await rig.reserve(event)
                let attempt = rig.test.world.newID()
                let clicks = (0..<4).map { _ in
                    rig.test.scheduler.spawn { try await rig.pay(checkout, attempt: attempt) }
                }
                for click in clicks {
                    #expect(try await click.value.state == .completed)
                }
                #expect(rig.payments.count("payments.CreatePayment") == 1)

                let other = try await rig.reserve(event)
                let tabs = (0..<4).map { _ in
                    rig.test.scheduler.spawn {
                        try await rig.refusal { _ = try await rig.pay(other, "sim_slow") }
                    }
                }
                var told: [String?] = []
                for tab in tabs { told.append(try await tab.value) }
                #expect(told.count { $0 == nil } == 1)
                #expect(told.count { $0 == "LIVE_PAYMENT_EXISTS" } == 3)
                #expect(try await rig.end(other.checkoutId).state == .completed)
                try await rig.expectSound()
            }
        }
    }

    @Test("R15: a second payment of a checkout is given up or goes back, and the first one stays")
    func r15() throws {
        for token in ["sim_ok", "sim_action"] {
            try SuiteRig.onSale(sim: SimConfiguration(actionMs: 100_000_000)) { rig, event in
                let checkout = try await rig.reserve(event)
                // Of an Orders that was put back from a backup and has forgotten it.
                let stray = try await rig.caller("orders", to: "payments").call(
                    PaymentsAPI.createPayment,
                    CreatePaymentRequest(
                        paymentId: rig.test.world.newID(), checkoutId: checkout.checkoutId,
                        eventId: event.id, owner: "ann", amount: Money(12_138, SuiteRig.euro),
                        provider: "sim", captureMode: .sale, paymentMethod: token,
                        expiresInMs: 900_000))
                #expect(
                    try await rig.refusal { _ = try await rig.pay(checkout) }
                        == "LIVE_PAYMENT_EXISTS")
                try await rig.pass(ms: 150_000)
                #expect(try await rig.pay(checkout).state == .completed)
                let end = try await rig.caller("operator", to: "payments").call(
                    PaymentsAPI.getPayment, GetPaymentRequest(paymentId: stray.paymentId))
                #expect(end.refunded == (token == "sim_ok" ? end.amount : nil))
                #expect(end.state == (token == "sim_ok" ? .captured : .voided))
                try await rig.expectSound()
            }
        }
    }

    @Test("R16: the price that was promised holds as long as the hold")
    func r16() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event, expected: 12_138)
            _ = try await rig.caller("operator", to: "inventory").call(
                InventoryAPI.putTicketType,
                PutTicketTypeRequest(
                    ticketTypeId: event.type, eventId: event.id, expectedVersion: 1,
                    name: "Stalls", price: Money(9_900, SuiteRig.euro), taxBasisPoints: 1_900))
            let paid = try await rig.pay(checkout)
            #expect(paid.state == .completed && paid.totals?.total.amount == 12_138)
            #expect(
                try await rig.refusal { _ = try await rig.reserve(event, expected: 12_138) }
                    == "PRICE_CHANGED")
            try await rig.expectSound()
        }
    }

    @Test("R17: another amount at the provider makes no order, and a human decides")
    func r17() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            rig.payments.refuse(
                "payments.CreatePayment", [RPCError(.amountMismatch, "another amount")])
            let parked = try await rig.pay(checkout)
            #expect(parked.state == .parked && parked.order == nil)
            _ = try await rig.caller("operator", to: "orders").call(
                OrdersAPI.resolveSaga,
                ResolveSagaRequest(
                    checkoutId: checkout.checkoutId, decision: .refundAndRelease,
                    reason: "looked at the provider", dryRun: false))
            #expect(try await rig.end(checkout.checkoutId).state == .cancelled)
            #expect(try await rig.availability(event).event.held == 0)
            try await rig.expectSound()
        }
    }
}
