import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Testing
import Wire

@testable import Inventory

/// Moves of holds with their stock, audit and facts.
@Suite struct HoldCommandTests {
    @Test func theLongWay() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 5)])
            let id = rig.id()
            let fence = Fence(orderId: rig.id(), epoch: 1)
            _ = try await rig.reserve(id, event, [(types[0], 3)])
            _ = try await rig.beginCommit(id, fence)
            let reopened = try await rig.reopen(id, fence)
            #expect(reopened.state == .active)
            _ = try await rig.beginCommit(id, Fence(orderId: fence.orderId, epoch: 2))
            let sold = try await rig.consume(id, order: fence.orderId)
            #expect(sold.state == .consumed)
            #expect(try await rig.sold(types[0]) == 3)
            #expect(try await rig.held(types[0]) == 0)
            #expect(try await rig.consume(id, order: fence.orderId).state == .consumed)
            #expect(try await rig.sold(event) == 3)
            let other = try await refusal { try await rig.consume(id, order: rig.id()) }
            #expect(other?.reason == .holdConsumed)
            #expect(other?.detail["orderId"] == .id(fence.orderId))
            let release = try await refusal { try await rig.release(id, fence: fence) }
            #expect(release?.reason == .holdConsumed)
            #expect(try await rig.violations() == [])
            #expect(try await rig.holdFacts() == [])
        }
    }

    @Test func unknownHolds() throws {
        try Rig.run { rig in
            let fence = Fence(orderId: rig.id(), epoch: 1)
            let moves: [@Sendable (Rig) async throws -> HoldReply] = [
                { try await $0.hold($0.id()) }, { try await $0.extend($0.id(), atLeastMs: 1_000) },
                { try await $0.beginCommit($0.id(), fence) },
                { try await $0.reopen($0.id(), fence) },
                { try await $0.consume($0.id(), order: fence.orderId) },
            ]
            for move in moves {
                let error = try await refusal { try await move(rig) }
                #expect(error?.reason == .holdNotFound)
            }
        }
    }

    @Test func aLatePaymentTakesTheStockAgainOnlyWhenAllOfItIsFree() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                types: [TypeSpec(allocation: 3), TypeSpec(name: "Box", allocation: 1)])
            let id = rig.id()
            let fence = Fence(orderId: rig.id(), epoch: 1)
            _ = try await rig.reserve(id, event, [(types[0], 3), (types[1], 1)], ttlMs: 1_000)
            try await rig.pass(ms: 1_000)
            let taker = rig.id()
            _ = try await rig.reserve(taker, event, [(types[1], 1)], owner: "bob")
            let full = try await refusal { try await rig.beginCommit(id, fence) }
            #expect(full?.reason == .holdExpired)
            #expect(full?.detail["reclaimable"] == false)
            _ = try await rig.release(taker)
            let unasked = try await refusal {
                try await rig.beginCommit(id, fence, reclaim: false)
            }
            #expect(unasked?.detail["reclaimable"] == true)
            let hold = try await rig.beginCommit(id, fence)
            #expect(hold.state == .committing)
            #expect(hold.reclaimed)
            #expect(try await rig.held(types[0]) == 3)
            #expect(try await rig.consume(id, order: fence.orderId).state == .consumed)
            #expect(try await rig.violations() == [])
            #expect(try await rig.holdFacts() == ["hold.expired", "hold.released"])
        }
    }

    @Test func anEventMayRefuseLatePayments() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(lateReclaim: false, types: [TypeSpec()])
            let id = rig.id()
            _ = try await rig.reserve(id, event, [(types[0], 1)], ttlMs: 1_000)
            try await rig.pass(ms: 1_000)
            let error = try await refusal {
                try await rig.beginCommit(id, Fence(orderId: rig.id(), epoch: 1))
            }
            #expect(error?.detail["reclaimable"] == false)
        }
    }

    @Test func replacingIsAtomic() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 4)])
            let (old, new) = (rig.id(), rig.id())
            _ = try await rig.reserve(old, event, [(types[0], 3)])
            // Too much even with what the old hold would give back: the old one stays.
            let refused = try await refusal {
                try await rig.reserve(rig.id(), event, [(types[0], 5)], replaces: old)
            }
            #expect(refused?.reason == .insufficientInventory)
            #expect(try await rig.hold(old).state == .active)
            _ = try await rig.reserve(new, event, [(types[0], 4)], replaces: old)
            #expect(try await rig.hold(old).state == .released)
            #expect(try await rig.held(types[0]) == 4)
            #expect(try await rig.holdFacts() == ["hold.released"])
            #expect(try await rig.violations() == [])
        }
    }

    @Test func whatMayNotBeReplaced() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 4)])
            let (paying, others) = (rig.id(), rig.id())
            _ = try await rig.reserve(
                paying, event, [(types[0], 1)], fence: Fence(orderId: rig.id(), epoch: 1))
            _ = try await rig.reserve(others, event, [(types[0], 1)], owner: "bob")
            let busy = try await refusal {
                try await rig.reserve(rig.id(), event, [(types[0], 1)], replaces: paying)
            }
            #expect(busy?.reason == .openHoldExists)
            #expect(busy?.detail["holdId"] == .id(paying))
            let foreign = try await refusal {
                try await rig.reserve(rig.id(), event, [(types[0], 1)], replaces: others)
            }
            #expect(foreign?.reason == .holdNotFound)
            // One that never was is kept from ever becoming.
            let never = rig.id()
            _ = try await rig.reserve(rig.id(), event, [(types[0], 1)], replaces: never)
            let late = try await refusal { try await rig.reserve(never, event, [(types[0], 1)]) }
            #expect(late?.reason == .holdReleased)
        }
    }

    @Test func theAuditTellsTheWholeStory() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 5)])
            let fence = Fence(orderId: rig.id(), epoch: 1)
            let (sold, given) = (rig.id(), rig.id())
            _ = try await rig.reserve(sold, event, [(types[0], 2)], fence: fence)
            _ = try await rig.reserve(given, event, [(types[0], 1)])
            _ = try await rig.consume(sold, order: fence.orderId)
            _ = try await rig.release(given)
            let entries = try await rig.service.listAudit(
                ListAuditRequest(poolId: types[0]), rig.manager
            ).entries
            #expect(
                entries.map { "\($0.seq) \($0.action.rawValue) \($0.held) \($0.sold)" } == [
                    "1 INCREASE 0 0", "2 RESERVE 2 0", "3 RESERVE 3 0", "4 SALE 1 2",
                    "5 RELEASE 0 2",
                ])
            #expect(entries[1].reference == sold)
            #expect(entries[1].actor == "orders")
            #expect(entries[0].capacity == 5)
            let first = try await rig.service.listAudit(
                ListAuditRequest(poolId: types[0], limit: 2), rig.manager)
            let rest = try await rig.service.listAudit(
                ListAuditRequest(poolId: types[0], after: first.next, limit: 3), rig.manager)
            #expect(rest.entries.map(\.seq) == [3, 4, 5] && rest.next == nil)
        }
    }

    @Test func openHoldsAreListedByAge() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec()])
            var ids: [UUID] = []
            for epoch in Int64(1)...3 {
                ids.append(rig.id())
                _ = try await rig.reserve(
                    ids[ids.count - 1], event, [(types[0], 1)],
                    fence: Fence(orderId: rig.id(), epoch: epoch))
                try await rig.pass(ms: 30_000)
            }
            _ = try await rig.reserve(rig.id(), event, [(types[0], 1)])
            func list(_ request: ListHoldsRequest) async throws -> ListHoldsReply {
                try await rig.service.listHolds(request, rig.orders)
            }
            let old = try await list(ListHoldsRequest(state: .committing, olderThanMs: 60_000))
            #expect(old.holds.map(\.holdId) == Array(ids.prefix(2)))
            let page = try await list(ListHoldsRequest(state: .committing, limit: 2))
            #expect(page.holds.map(\.holdId) == Array(ids.prefix(2)) && page.next != nil)
            let rest = try await list(
                ListHoldsRequest(state: .committing, after: page.next, limit: 2))
            #expect(rest.holds.map(\.holdId) == [ids[2]])
            #expect(rest.next == nil)
            #expect(try await list(ListHoldsRequest(state: .active)).holds.count == 1)
        }
    }
}
