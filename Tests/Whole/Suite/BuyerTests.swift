import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Support
import Testing
import Wire

/// A purchase step by step, as a person at a gateway makes it.
@Suite struct BuyerTests {
    /// 2 tickets at 50.00, 1.00 fee each, 19 % tax.
    private static let total: Int64 = 12_138

    @Test(arguments: [CaptureMode.authCapture, .sale])
    func aBuyerReservesPaysAndHasTickets(_ mode: CaptureMode) throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event, expected: Self.total)
            #expect(checkout.state == .reserved && checkout.reservationStatus == .reserved)
            #expect(checkout.expiresInMs == 900_000)
            #expect(checkout.totals?.total.amount == Self.total && checkout.lines.count == 1)
            #expect(try await rig.availability(event).types.map(\.available) == [8])
            let paid = try await rig.pay(checkout, "sim_ok", mode)
            #expect(paid.state == .completed && paid.reservationStatus == .confirmed)
            #expect(paid.order?.tickets.count == 2 && paid.order?.provider == "sim")
            #expect(paid.payment?.paymentId == paid.order?.paymentId)
            #expect(rig.payments.count("payments.CapturePayment") == (mode == .sale ? 0 : 1))
            #expect(try await rig.availability(event).types.map(\.sold) == [2])
            try await rig.expectSound()
        }
    }

    @Test func aBuyerWhoLeavesLosesTheHoldAndNothingElse() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event, holdTtlMs: 60_000)
            #expect(checkout.expiresInMs == 60_000)
            try await rig.pass(ms: 50_000)
            #expect(try await rig.checkout(checkout.checkoutId).state == .reserved)
            let end = try await rig.end(checkout.checkoutId)
            #expect(end.state == .expired && end.reservationStatus == .expired)
            #expect(try await rig.availability(event).types.map(\.available) == [10])
            #expect(rig.payments.methods.isEmpty)
            #expect(
                try await rig.refusal { _ = try await rig.pay(checkout) } == "CHECKOUT_EXPIRED")
            try await rig.expectSound()
        }
    }

    @Test func aFailedAttemptReleasesNothingAndAnotherMayFollow() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            let first = rig.test.world.newID()
            let declined = try await rig.pay(checkout, attempt: first, "sim_declined")
            #expect(declined.state == .paying && declined.reservationStatus == .reserved)
            #expect(declined.payment?.lastError?.reason == "DECLINED")
            #expect(declined.payment?.attemptId == first && declined.expiresInMs ?? 0 > 0)
            #expect(try await rig.availability(event).types.map(\.available) == [8])
            // A double click says the same, and another card under the same id is refused.
            let again = try await rig.pay(checkout, attempt: first, "sim_declined")
            #expect(again.version == declined.version)
            #expect(
                try await rig.refusal {
                    _ = try await rig.pay(checkout, attempt: first, "sim_ok")
                } == "IDEMPOTENCY_CONFLICT")
            let paid = try await rig.pay(checkout, "sim_ok")
            #expect(paid.state == .completed && paid.payment?.lastError == nil)
            try await rig.expectSound()
        }
    }

    @Test func anAttemptThatWaitsForTheBuyerMakesRoomForTheNext() throws {
        try SuiteRig.onSale(sim: SimConfiguration(actionMs: 100_000_000)) { rig, event in
            let checkout = try await rig.reserve(event)
            let waiting = try await rig.pay(checkout, "sim_action")
            #expect(waiting.state == .paying && waiting.payment?.action != nil)
            #expect(waiting.reservationStatus == .paymentProcessing)
            let paid = try await rig.pay(checkout, "sim_ok")
            #expect(paid.state == .completed)
            #expect(paid.payment?.paymentId != waiting.payment?.paymentId)
            #expect(rig.payments.count("payments.VoidPayment") == 1)
            try await rig.expectSound()
        }
    }

    @Test func whatIsInTheProvidersHandsIsNotDoubled() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            let waiting = try await rig.pay(checkout, "sim_late", .sale)
            #expect(waiting.state == .paying)
            #expect(
                try await rig.refusal { _ = try await rig.pay(checkout) } == "LIVE_PAYMENT_EXISTS")
            #expect(try await rig.end(checkout.checkoutId).state == .completed)
            try await rig.expectSound()
        }
    }

    @Test func whatIsFreeIsCompleteAtOnce() throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(price: 0)
            let checkout = try await rig.reserve(event, expected: 0)
            #expect(checkout.state == .reserved)
            let done = try await rig.pay(checkout, nil, provider: nil)
            #expect(done.state == .completed && done.order?.paymentId == nil)
            #expect(rig.payments.methods.isEmpty)
            try await rig.expectSound()
        }
    }

    @Test func badInputIsToldApartByFieldAndState() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            func why(_ call: @Sendable () async throws -> Void) async throws -> String? {
                try await rig.refusal(call)
            }
            #expect(
                try await why { _ = try await rig.pay(checkout, provider: nil) }
                    == "INVALID_ARGUMENT")
            #expect(
                try await why { _ = try await rig.pay(checkout, provider: "nobody") }
                    == "PROVIDER_UNKNOWN")
            // It is as reserved as before.
            #expect(try await rig.checkout(checkout.checkoutId).state == .reserved)
            #expect(
                try await why { _ = try await rig.reserve(event, expected: 1) } == "PRICE_CHANGED")
            #expect(
                try await why { _ = try await rig.reserve(event, quantity: 9) }
                    == "INSUFFICIENT_INVENTORY")
            #expect(
                try await why {
                    _ = try await rig.reserve(event, id: checkout.checkoutId, quantity: 1)
                } == "IDEMPOTENCY_CONFLICT")
            let request = rig.request(event, id: checkout.checkoutId)
            #expect(try await rig.refusal(request) == "IDEMPOTENCY_CONFLICT")
            #expect(try await rig.pay(checkout).state == .completed)
            #expect(
                try await why { _ = try await rig.pay(checkout) } == "CHECKOUT_STATE")
            #expect(
                try await why { _ = try await rig.cancel(checkout) } == "TOO_LATE_USE_REFUND")
            try await rig.expectSound()
        }
    }

    @Test func callingOffGivesEverythingBack() throws {
        try SuiteRig.onSale(sim: SimConfiguration(actionMs: 100_000_000)) { rig, event in
            for method in [nil, "sim_action", "sim_declined"] {
                let checkout = try await rig.reserve(event)
                if let method { _ = try await rig.pay(checkout, method) }
                let end = try await rig.cancel(checkout, waitMs: 5_000)
                #expect(end.state == .cancelled && end.reservationStatus == .released)
                #expect(try await rig.cancel(checkout).version == end.version)
                #expect(
                    try await rig.refusal { _ = try await rig.pay(checkout) }
                        == "CHECKOUT_STATE")
            }
            #expect(try await rig.availability(event).types.map(\.available) == [10])
            try await rig.expectSound()
        }
    }

    @Test func aCaptureThatIsDeclinedOpensTheHoldAgain() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            rig.payments.refuse(
                "payments.CapturePayment",
                [.heard(.authorisationExpired, detail: ["state": "FAILED_FINAL"])])
            let failed = try await rig.pay(checkout)
            #expect(failed.state == .paying && failed.reservationStatus == .reserved)
            #expect(failed.payment?.lastError?.reason == "AUTHORISATION_EXPIRED")
            #expect(try await rig.cancel(checkout, waitMs: 5_000).state == .cancelled)
            #expect(try await rig.availability(event).types.map(\.available) == [10])
        }
    }

    @Test func aWatchWakesAsSoonAsSomethingHappens() throws {
        try SuiteRig.onSale(sim: SimConfiguration(actionMs: 3_000)) { rig, event in
            let checkout = try await rig.reserve(event)
            let gateway = rig.caller("gateway", to: "orders")
            let watch = rig.test.scheduler.spawn { [start = rig.test.clock.now()] in
                let reply = try await gateway.call(
                    OrdersAPI.watchCheckout,
                    WatchCheckoutRequest(
                        checkoutId: checkout.checkoutId, sinceVersion: checkout.version))
                return (reply.state, start.millisecondsUntil(rig.test.clock.now()))
            }
            try await rig.pass(ms: 10_000)
            _ = try await rig.cancel(checkout)
            let (state, ms) = try await watch.value
            #expect(state == .cancelling && (10_000...10_050).contains(ms), "\(ms) ms")
        }
    }

    @Test func aPaymentThatTakesShortIsHelpedToLastLongEnough() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event, holdTtlMs: 30_000)
            try await rig.pass(ms: 20_000)
            let waiting = try await rig.pay(checkout, "sim_late", .sale)
            #expect((115_000...120_000).contains(waiting.expiresInMs ?? 0))
            #expect(try await rig.end(checkout.checkoutId).state == .completed)
            try await rig.expectSound()
        }
    }
}
