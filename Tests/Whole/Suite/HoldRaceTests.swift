import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Support
import Testing
import Wire

/// The awkward races as the domain numbers them, about holds, clocks and peers that are away.
@Suite struct HoldRaceTests {
    @Test("R18: sweeper, release, fence and sale at the same instant: one wins")
    func r18() throws {
        var ends: Set<HoldState> = []
        for seed in UInt64(1)...40 {
            let end = try SuiteRig.onSale(seed: seed) { rig, event in
                let inventory = rig.caller("orders", to: "inventory")
                let (id, order) = (rig.test.world.newID(), rig.test.world.newID())
                _ = try await inventory.call(
                    InventoryAPI.reserve,
                    ReserveRequest(
                        holdId: id, eventId: event.id, owner: "ann",
                        lines: [HoldLine(ticketTypeId: event.type, quantity: 2)], ttlMs: 10_000))
                // Some a moment before its time is over, some when it is.
                try await rig.pass(ms: seed.isMultiple(of: 2) ? 9_990 : 9_999)
                let fence = Fence(orderId: order, epoch: 1)
                let calls: [@Sendable () async throws -> Void] = [
                    {
                        _ = try await inventory.call(
                            InventoryAPI.beginCommit,
                            BeginCommitRequest(
                                holdId: id, orderId: order, epoch: 1, allowReclaim: true))
                    },
                    {
                        _ = try await inventory.call(
                            InventoryAPI.releaseHold,
                            ReleaseHoldRequest(holdId: id, reason: .saga, fence: fence))
                    },
                    {
                        _ = try await inventory.call(
                            InventoryAPI.consumeHold,
                            ConsumeHoldRequest(holdId: id, orderId: order))
                    },
                    {
                        _ = try await rig.caller("operator", to: "inventory").call(
                            InventoryAPI.sweepExpired, SweepExpiredRequest(limit: 10))
                    },
                ]
                let tasks = calls.map { call in
                    rig.test.scheduler.spawn { _ = try? await call() }
                }
                for task in tasks { try await task.value }
                let hold = try await inventory.call(
                    InventoryAPI.getHold, GetHoldRequest(holdId: id))
                let left = try await rig.availability(event)
                let isHeld = hold.state == .committing || hold.state == .active
                #expect(left.event.held == (isHeld ? 2 : 0))
                #expect(left.event.sold == (hold.state == .consumed ? 2 : 0))
                return hold.state
            }
            ends.insert(end)
        }
        #expect(ends.count > 1, "\(ends)")
    }

    @Test("R19: a Reserve that comes after its release takes nothing")
    func r19() throws {
        try SuiteRig.onSale { rig, event in
            // It is lost on its way, called off, and then it arrives.
            rig.inventory.plan { method, _ in
                method == "inventory.Reserve" ? .requestLost : nil
            }
            let id = rig.test.world.newID()
            let first = rig.test.scheduler.spawn { try? await rig.reserve(event, id: id) }
            while rig.inventory.faults == 0 { try await rig.pass(ms: 10) }
            let checkout = try await rig.checkout(id)
            #expect(try await rig.cancel(checkout, waitMs: 10_000).state == .cancelled)
            _ = try await first.value
            let hold = UUID.derived(from: id, "hold")
            let late = try await rig.refusal {
                _ = try await rig.caller("orders", to: "inventory").call(
                    InventoryAPI.reserve,
                    ReserveRequest(
                        holdId: hold, eventId: event.id, owner: "ann",
                        lines: [HoldLine(ticketTypeId: event.type, quantity: 2)]))
            }
            #expect(late == "HOLD_RELEASED")
            #expect(try await rig.availability(event).types.map(\.available) == [10])
            try await rig.expectSound()
        }
    }

    @Test("R20: what an earlier runner of a saga still sends is fenced off")
    func r20() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            // The first process dies with its capture under way; the next one fences above it.
            rig.payments.plan { method, count in
                method == "payments.CapturePayment" && count == 1 ? .diesBefore : nil
            }
            let pay = rig.test.scheduler.spawn { try? await rig.pay(checkout) }
            while rig.payments.faults == 0 { try await rig.pass(ms: 5) }
            _ = pay
            let saga = try await rig.caller("operator", to: "orders").call(
                OrdersAPI.getSaga, GetSagaRequest(checkoutId: checkout.checkoutId))
            try await rig.restartOrders()
            #expect(try await rig.end(checkout.checkoutId).state == .completed)
            let other = try await rig.reserve(event)
            #expect(try await rig.pay(other, "sim_late", .sale).state == .paying)
            let hold = UUID.derived(from: other.checkoutId, "hold")
            let order = other.checkoutId
            let inventory = rig.caller("orders", to: "inventory")
            _ = try await inventory.call(
                InventoryAPI.beginCommit,
                BeginCommitRequest(
                    holdId: hold, orderId: order, epoch: saga.epoch + 1, allowReclaim: true))
            do {
                _ = try await inventory.call(
                    InventoryAPI.releaseHold,
                    ReleaseHoldRequest(
                        holdId: hold, reason: .saga,
                        fence: Fence(orderId: order, epoch: saga.epoch)),
                    CallOptions(attempts: 1))
                Issue.record("the earlier runner was heard")
            } catch let error as RPCError { #expect(error.reason == .fenced) }
            #expect(try await rig.end(other.checkoutId).state == .completed)
            try await rig.expectSound()
        }
    }

    @Test("R21: Inventory's clock alone judges holds", arguments: [-300_000, 300_000])
    func r21(_ aheadMs: Int64) throws {
        try SuiteRig.onSale(ordersAheadMs: aheadMs) { rig, event in
            let paid = try await rig.reserve(event, holdTtlMs: 60_000)
            let left = try await rig.reserve(event, holdTtlMs: 60_000)
            #expect(paid.expiresInMs == 60_000)
            try await rig.pass(ms: 59_000)
            #expect(try await rig.checkout(left.checkoutId).expiresInMs == 1_000)
            #expect(try await rig.pay(paid).state == .completed)
            try await rig.pass(ms: 2_000)
            #expect(try await rig.checkout(left.checkoutId).state == .expired)
            try await rig.expectSound()
        }
    }

    @Test("R23: a capture without an answer is asked for until it is known, and its stock waits")
    func r23() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event, holdTtlMs: 60_000)
            rig.payments.plan { method, _ in
                method == "payments.CapturePayment" ? .replyLost : nil
            }
            _ = try await rig.pay(checkout, waitMs: 1_000)
            // Long after the hold would have ended.
            try await rig.pass(ms: 3_600_000)
            #expect(try await rig.checkout(checkout.checkoutId).state == .committing)
            #expect(try await rig.availability(event).event.held == 2)
            rig.payments.plan { _, _ in nil }
            #expect(try await rig.end(checkout.checkoutId).state == .completed)
            try await rig.expectSound()
        }
    }

    @Test("R27: what is free asks Payments nothing")
    func r27() throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(price: 0)
            let checkout = try await rig.reserve(event)
            await rig.cutOff("payments")
            #expect(try await rig.pay(checkout, nil, provider: nil).state == .completed)
            try await rig.reconnect("payments")
            try await rig.expectSound()
        }
    }

    @Test("R32: Payments is away when a payment begins: the same attempt goes on when it is back")
    func r32Payments() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            let attempt = rig.test.world.newID()
            await rig.cutOff("payments")
            let waiting = try await rig.pay(checkout, attempt: attempt, waitMs: 2_000)
            #expect(waiting.state == .reserved && waiting.expiresInMs ?? 0 > 0)
            try await rig.reconnect("payments")
            #expect(try await rig.pay(checkout, attempt: attempt).state == .completed)
            try await rig.expectSound()
        }
    }

    @Test("R32: Inventory is away when tickets are due: PAID waits, and nothing is refunded")
    func r32Inventory() throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            rig.inventory.plan { method, _ in
                method == "inventory.ConsumeHold" ? .requestLost : nil
            }
            let paid = try await rig.pay(checkout, waitMs: 5_000)
            #expect(paid.state == .paid && paid.order?.status == .paid)
            try await rig.pass(ms: 1_800_000)
            #expect(try await rig.checkout(checkout.checkoutId).state == .paid)
            rig.inventory.plan { _, _ in nil }
            #expect(try await rig.end(checkout.checkoutId).state == .completed)
            #expect(rig.payments.count("payments.RefundPayment") == 0)
            try await rig.expectSound()
        }
    }
}
