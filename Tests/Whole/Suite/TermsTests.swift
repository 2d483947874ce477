import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support
import Testing
import Wire

/// What a buyer is told before anything is held or stored.
@Suite struct TermsTests {
    private func fields(_ error: RPCError?) -> [Value?] {
        guard case .array(let fields)? = error?.detail["fields"] else { return [] }
        return fields.map { $0["field"] }
    }

    private func refused(_ body: () async throws -> CheckoutReply) async -> RPCError? {
        do {
            _ = try await body()
            return nil
        } catch { return error as? RPCError }
    }

    @Test func aTotalBeyondAPaymentIsRefusedByAFieldOfTheRequest() throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(price: PaymentLimits.maxAmount / 2)
            for error in [
                await refused { try await rig.purchase(rig.request(event, quantity: 2)) },
                await refused { try await rig.reserve(event, quantity: 2) },
            ] {
                #expect(error?.reason == .invalidArgument)
                #expect(fields(error) == ["items"])
                #expect(error?.message.contains("10000000000.00 EUR") == true)
            }
            #expect(try await rig.availability(event).types.map(\.available) == [10])
            try await rig.expectSound()
        }
    }

    @Test func aPurchaseThatNamesNoProviderKeepsItsIdFree() throws {
        try SuiteRig.onSale { rig, event in
            let id = rig.test.world.newID()
            for expected in [nil, Int64(12_138)] {
                let error = await refused {
                    try await rig.purchase(
                        rig.request(event, id: id, method: nil, expected: expected))
                }
                #expect(fields(error) == ["provider"])
            }
            #expect(try await rig.purchase(rig.request(event, id: id)).state == .completed)
            // Told again without a provider it is another purchase.
            let other = await refused {
                try await rig.purchase(rig.request(event, id: id, method: nil))
            }
            #expect(other?.reason == .idempotencyConflict)
            let free = try await rig.event(price: 0)
            #expect(try await rig.purchase(rig.request(free, method: nil)).state == .completed)
            try await rig.expectSound()
        }
    }

    @Test func anotherTotalIsToldAsMoney() throws {
        try SuiteRig.onSale { rig, event in
            let error = await refused {
                try await rig.purchase(rig.request(event, expected: 12_139))
            }
            #expect(error?.reason == .priceChanged)
            #expect(error?.message.hasPrefix("the total is 121.38 EUR, not 121.39 EUR;") == true)
        }
    }

    @Test func aFailedAttemptSaysWhatTheProviderSays() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            for (token, why) in [
                ("sim_declined", "card_declined"), ("tok_of_nobody", "unknown_token"),
            ] {
                let failed = try await rig.pay(checkout, token)
                #expect(failed.payment?.lastError?.reason == "DECLINED")
                #expect(failed.payment?.lastError?.message == "the provider says \"\(why)\"")
            }
        }
    }

    /// Where mail goes is its bytes, as all texts are.
    @Test func aReplayWithAnotherMailboxIsAConflict() throws {
        try SuiteRig.onSale { rig, event in
            let id = rig.test.world.newID()
            func buy(_ mailbox: String) async throws -> CheckoutReply {
                try await rig.caller("gateway", to: "orders").call(
                    OrdersAPI.createCheckout,
                    CreateCheckoutRequest(
                        checkoutId: id, owner: "ann",
                        contact: Contact(email: mailbox + "@example.org"), eventId: event.id,
                        items: [HoldLine(ticketTypeId: event.type, quantity: 1)]))
            }
            let first = try await buy("jos\u{e9}")
            #expect(try await buy("jos\u{e9}").version == first.version)
            let error = await refused { try await buy("jose\u{301}") }
            #expect(error?.reason == .idempotencyConflict)
            #expect(error?.detail["differingFields"] == ["contact"])
        }
    }

    /// Two spellings of one name are two buyers.
    @Test func aReplayInAnotherSpellingIsAConflict() throws {
        try SuiteRig.onSale { rig, event in
            let id = rig.test.world.newID()
            _ = try await rig.purchase(rig.request(event, id: id, owner: "jos\u{e9}"))
            let error = await refused {
                try await rig.purchase(rig.request(event, id: id, owner: "jose\u{301}"))
            }
            #expect(error?.reason == .idempotencyConflict)
            #expect(error?.detail["differingFields"] == ["owner"])
        }
    }
}
