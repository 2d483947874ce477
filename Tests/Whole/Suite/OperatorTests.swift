import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Support
import Testing
import Wire

/// What a human can see and decide.
@Suite struct OperatorTests {
    private static func saga(_ rig: SuiteRig, _ id: UUID) async throws -> SagaReply {
        try await rig.caller("operator", to: "orders").call(
            OrdersAPI.getSaga, GetSagaRequest(checkoutId: id))
    }

    private static func resolve(
        _ rig: SuiteRig, _ id: UUID, _ decision: SagaDecision, reason: String = "seen by Eve",
        dryRun: Bool = false
    ) async throws -> ResolveSagaReply {
        try await rig.caller("operator", to: "orders").call(
            OrdersAPI.resolveSaga,
            ResolveSagaRequest(
                checkoutId: id, decision: decision, reason: reason, dryRun: dryRun))
    }

    /// A purchase whose ConsumeHold is refused once, which no sound Inventory does.
    private static func parked(_ rig: SuiteRig) async throws -> UUID {
        let event = try await rig.event()
        rig.inventory.refuse(
            "inventory.ConsumeHold", [.heard(.holdReleased)])
        let reply = try await rig.purchase(rig.request(event))
        #expect(reply.state == .parked)
        return reply.checkoutId
    }

    @Test func theHistoryNamesEveryStep() throws {
        try SuiteRig.onSale { rig, event in
            let reply = try await rig.purchase(rig.request(event))
            let saga = try await Self.saga(rig, reply.checkoutId)
            #expect(saga.history.map(\.step) == ["reserve", "pay", "consume"])
            #expect(saga.history.map(\.result) == ["COMMITTING", "CAPTURED", "CONSUMED"])
            #expect(saga.state == .completed && saga.step == nil)
        }
    }

    @Test func whatIsParkedWaitsForAHumanAndGoesOnWhenTold() throws {
        try SuiteRig.run { rig in
            let id = try await Self.parked(rig)
            try await rig.pass(ms: 600_000)
            let saga = try await Self.saga(rig, id)
            #expect(saga.state == .parked && saga.step == "consume")
            #expect(saga.parkReason?.contains("HOLD_RELEASED") == true)
            _ = try await rig.caller("operator", to: "orders").call(
                OrdersAPI.retrySaga, RetrySagaRequest(checkoutId: id))
            #expect(try await rig.end(id).state == .completed)
            try await rig.expectSound()
        }
    }

    @Test func refundAndReleaseGivesEverythingBack() throws {
        try SuiteRig.run { rig in
            let id = try await Self.parked(rig)
            let dry = try await Self.resolve(rig, id, .refundAndRelease, dryRun: true)
            #expect(!dry.isApplied && !dry.plan.isEmpty)
            #expect(try await rig.checkout(id).state == .parked)
            let reply = try await Self.resolve(rig, id, .refundAndRelease)
            #expect(reply.isApplied)
            let end = try await rig.end(id)
            #expect(end.state == .refunded && end.refund?.isSettled == true)
            #expect(try await Self.saga(rig, id).history.contains { $0.result == "seen by Eve" })
            try await rig.expectSound()
        }
    }

    @Test func aDecisionNeedsAReasonAndAParkedSaga() throws {
        try SuiteRig.onSale { rig, event in
            let done = try await rig.purchase(rig.request(event)).checkoutId
            func reason(_ body: () async throws -> Void) async -> String? {
                do {
                    try await body()
                    return nil
                } catch { return (error as? RPCError)?.reason.name }
            }
            #expect(
                await reason { _ = try await Self.resolve(rig, done, .retry) }
                    == "SAGA_DECISION_NOT_ALLOWED")
            #expect(
                await reason { _ = try await Self.resolve(rig, done, .retry, reason: "  ") }
                    == "REASON_REQUIRED")
            #expect(
                await reason {
                    _ = try await rig.caller("operator", to: "orders").call(
                        OrdersAPI.retrySaga, RetrySagaRequest(checkoutId: done))
                } == "CHECKOUT_STATE")
            #expect(
                await reason {
                    _ = try await Self.saga(rig, rig.test.world.newID())
                } == "CHECKOUT_NOT_FOUND")
        }
    }

    @Test func anotherAmountThanAskedForIsParkedAndCanBeGivenBack() throws {
        try SuiteRig.onSale { rig, event in
            rig.payments.refuse(
                "payments.CreatePayment", [RPCError(.amountMismatch, "another amount")])
            let id = try await rig.purchase(rig.request(event)).checkoutId
            #expect(try await rig.checkout(id).state == .parked)
            _ = try await Self.resolve(rig, id, .refundAndRelease)
            #expect(try await rig.end(id).state == .cancelled)
            try await rig.expectSound()
        }
    }

    @Test func stockAndMoneyOfAnUnknownCheckoutComeBack() throws {
        try SuiteRig.onSale { rig, event in
            // As Orders would have left them before its database was lost.
            let id = rig.test.world.newID()
            let lines = [HoldLine(ticketTypeId: event.type, quantity: 2)]
            _ = try await rig.inventory.call(
                InventoryAPI.reserve,
                ReserveRequest(
                    holdId: .derived(from: id, "hold"), eventId: event.id, owner: "ann",
                    lines: lines, fence: Fence(orderId: id, epoch: 0)))
            _ = try await rig.payments.call(
                PaymentsAPI.createPayment,
                CreatePaymentRequest(
                    paymentId: .derived(from: id, "pay"), checkoutId: id, eventId: event.id,
                    owner: "ann", amount: Money(12_138, SuiteRig.euro), provider: "sim",
                    captureMode: .sale, paymentMethod: "sim_ok", expiresInMs: 900_000))
            try await rig.pass(ms: 200_000)
            let end = try await rig.end(id)
            #expect(end.state == .refunded && end.refund?.isSettled == true)
            #expect(try await rig.availability(event).types.map(\.available) == [10])
            try await rig.expectSound()
        }
    }
}
