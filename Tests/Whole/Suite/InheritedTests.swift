import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support
import Testing

/// Orders commits what Reserve and CreatePayment answered together with what follows, so a process
/// that takes over may find a row older than what was done. Nothing is lost by it.
@Suite struct InheritedTests {
    /// A purchase whose process died once the money was taken, and is asked again by another.
    private static func orphan(
        _ rig: SuiteRig, _ event: TestEvent, diesAt method: String = "payments.CreatePayment"
    ) async throws -> PurchaseRequest {
        let plan: FaultyPeer.Plan = { $0 == method && $1 == 1 ? .diesAfter : nil }
        rig.payments.plan(plan)
        rig.inventory.plan(plan)
        let request = rig.request(event, waitMs: 0)
        let first = rig.test.scheduler.spawn { try? await rig.purchase(request) }
        while rig.payments.faults + rig.inventory.faults == 0 { try await rig.pass(ms: 10) }
        _ = await first.result
        rig.payments.plan { _, _ in nil }
        rig.inventory.plan { _, _ in nil }
        return request
    }

    @Test func theRowIsAsOldAsTheFirstCommit() throws {
        try SuiteRig.onSale { rig, event in
            let request = try await Self.orphan(rig, event)
            #expect(try await rig.checkout(request.purchaseId).state == .new)
        }
    }

    @Test func aStepThatTakesLongLetsTheOnesBeforeItBeSeen() throws {
        try SuiteRig.onSale { rig, event in
            let request = try await Self.orphan(rig, event)
            try await rig.pass(ms: 100)
            #expect(try await rig.checkout(request.purchaseId).state == .committing)
        }
    }

    @Test(arguments: ["payments.CreatePayment", "inventory.ConsumeHold"])
    func whatWasDoneIsDoneAgainUnderTheSameNames(_ method: String) throws {
        try SuiteRig.onSale { rig, event in
            let request = try await Self.orphan(rig, event, diesAt: method)
            try await rig.restartOrders()
            #expect(try await rig.end(request.purchaseId).state == .completed)
            #expect(rig.inventory.count("inventory.Reserve") == 2)
            #expect(try await rig.availability(event).types.map(\.sold) == [2])
            try await rig.expectSound()
        }
    }

    @Test func moneyThatWasTakenGoesBackWhenTheStockIsGone() throws {
        try SuiteRig.onSale { rig, event in
            let request = try await Self.orphan(rig, event)
            rig.inventory.refuse(
                "inventory.Reserve", [.heard(.insufficientInventory)])
            try await rig.restartOrders()
            let end = try await rig.end(request.purchaseId)
            #expect(end.state == .refunded && end.problem?.reason == "INSUFFICIENT_INVENTORY")
            #expect(try await rig.availability(event).event.held == 0)
            try await rig.expectSound()
        }
    }

    /// What the process before this one did last was to sell it, and nothing may be given back.
    @Test(arguments: [5_000, 0] as [Int64])
    func whatWasSoldIsSoldThoughInventoryStaysAway(_ price: Int64) throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(price: price)
            let request = try await Self.orphan(rig, event, diesAt: "inventory.ConsumeHold")
            rig.inventory.plan { method, _ in
                method == "inventory.Reserve" ? .requestLost : nil
            }
            try await rig.restartOrders()
            while try await rig.checkout(request.purchaseId).state == .new {
                try await rig.pass(ms: 1_000)
            }
            try await rig.pass(ms: 70_000)
            #expect(try await rig.checkout(request.purchaseId).state == .cancelling)
            rig.inventory.plan { _, _ in nil }
            #expect(try await rig.end(request.purchaseId).state == .completed)
            #expect(try await rig.availability(event).types.map(\.sold) == [2])
            try await rig.expectSound()
        }
    }

    /// Its buyer called it off when nobody knew that it was sold: neither may the money go back.
    @Test func whatWasSoldIsSoldThoughItIsCalledOffLater() throws {
        try SuiteRig.onSale { rig, event in
            let request = try await Self.orphan(rig, event, diesAt: "inventory.ConsumeHold")
            rig.inventory.plan { method, _ in
                method == "inventory.Reserve" ? .requestLost : nil
            }
            try await rig.restartOrders()
            let noted = try await rig.cancel(try await rig.checkout(request.purchaseId))
            #expect(noted.isCancelRequested == true)
            try await rig.pass(ms: 5_000)
            rig.inventory.plan { _, _ in nil }
            #expect(try await rig.end(request.purchaseId).state == .completed)
            #expect(try await rig.availability(event).types.map(\.sold) == [2])
            try await rig.expectSound()
        }
    }

    @Test func moneyThatWasTakenGoesBackWhenInventoryStaysAway() throws {
        try SuiteRig.onSale { rig, event in
            let request = try await Self.orphan(rig, event)
            rig.inventory.plan { method, _ in
                method == "inventory.Reserve" ? .requestLost : nil
            }
            try await rig.restartOrders()
            #expect(try await rig.end(request.purchaseId).state == .refunded)
            #expect(try await rig.availability(event).event.held == 0)
            try await rig.expectSound()
        }
    }
}
