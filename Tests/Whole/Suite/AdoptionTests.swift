import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Support
import Testing

/// An Orders that was put back from a backup finds at its peers what it has forgotten.
@Suite struct AdoptionTests {
    /// What a purchase had got to when it was forgotten.
    private static func forgotten(
        _ rig: SuiteRig, _ event: TestEvent, pays token: String? = nil, isSold: Bool = false
    ) async throws -> UUID {
        let id = rig.test.world.newID()
        let inventory = rig.caller("orders", to: "inventory")
        let hold = UUID.derived(from: id, "hold")
        _ = try await inventory.call(
            InventoryAPI.reserve,
            ReserveRequest(
                holdId: hold, eventId: event.id, owner: "ann",
                lines: [HoldLine(ticketTypeId: event.type, quantity: 2)],
                fence: Fence(orderId: id, epoch: 1)))
        if let token {
            _ = try await rig.caller("orders", to: "payments").call(
                PaymentsAPI.createPayment,
                CreatePaymentRequest(
                    // The payment of an attempt whose id nobody knows any more.
                    paymentId: .derived(from: id, "pay attempt"), checkoutId: id,
                    eventId: event.id, owner: "ann", amount: Money(12_138, SuiteRig.euro),
                    provider: "sim", captureMode: .sale, paymentMethod: token,
                    expiresInMs: 900_000))
        }
        if isSold {
            _ = try await inventory.call(
                InventoryAPI.consumeHold, ConsumeHoldRequest(holdId: hold, orderId: id))
        }
        return id
    }

    @Test(arguments: [nil, "sim_ok", "sim_action"])
    func stockAndMoneyOfACheckoutThatNobodyKnowsGoBack(_ token: String?) throws {
        try SuiteRig.onSale(sim: SimConfiguration(actionMs: 100_000_000)) { rig, event in
            let id = try await Self.forgotten(rig, event, pays: token)
            #expect(try await rig.availability(event).event.held == 2)
            try await rig.pass(ms: 150_000)
            let end = try await rig.end(id)
            #expect(end.state == .cancelled || end.state == .refunded)
            if token != nil {
                let payment = try await rig.caller("operator", to: "payments").call(
                    PaymentsAPI.getPayment,
                    GetPaymentRequest(paymentId: .derived(from: id, "pay attempt")))
                #expect(payment.refunded == payment.captured)
                #expect((payment.captured != nil) == (token == "sim_ok"))
                #expect(payment.state == (token == "sim_ok" ? .captured : .voided))
            }
            #expect(end.owner == "ann" && end.order == nil)
            #expect(try await rig.availability(event).types.map(\.available) == [10])
            try await rig.expectSound()
        }
    }

    @Test func whatWasSoldAlreadyWaitsForAHuman() throws {
        try SuiteRig.onSale { rig, event in
            let id = try await Self.forgotten(rig, event, pays: "sim_ok", isSold: true)
            try await rig.pass(ms: 150_000)
            let parked = try await rig.checkout(id)
            #expect(parked.state == .parked && parked.parkReason?.contains("sold") == true)
            // Nothing was given back behind the buyer's back.
            #expect(parked.refund == nil)
            #expect(try await rig.availability(event).types.map(\.sold) == [2])
        }
    }
}
