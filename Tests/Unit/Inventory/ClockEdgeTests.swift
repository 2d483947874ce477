import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Support
import Testing

@testable import Inventory

/// Every operation on a hold one millisecond before its end, at it, and one after.
@Suite struct ClockEdgeTests {
    enum Operation: String, CaseIterable, Sendable {
        case get, reserveAgain, extend, release, beginCommit, beginCommitReclaiming, consume, reopen
        case sweep, reserveByOthers, replace
    }

    /// What comes of it: the hold's state or the reason against it, then what is held.
    private static let before: [Operation: String] = [
        .get: "ACTIVE 2", .reserveAgain: "ACTIVE 2", .extend: "ACTIVE 2", .release: "RELEASED 0",
        .beginCommit: "COMMITTING 2", .beginCommitReclaiming: "COMMITTING 2",
        .consume: "HOLD_STATE 2", .reopen: "HOLD_STATE 2", .sweep: "ACTIVE 2",
        .reserveByOthers: "INSUFFICIENT_INVENTORY 2", .replace: "ACTIVE 2",
    ]

    /// A query shows what is over as over, but gives nothing back by itself.
    private static let after: [Operation: String] = [
        .get: "EXPIRED 2", .reserveAgain: "EXPIRED 0", .extend: "HOLD_EXPIRED 0",
        .release: "EXPIRED 0", .beginCommit: "HOLD_EXPIRED 0",
        .beginCommitReclaiming: "COMMITTING 2", .consume: "HOLD_EXPIRED 0",
        .reopen: "HOLD_EXPIRED 0", .sweep: "EXPIRED 0", .reserveByOthers: "ACTIVE 2",
        .replace: "ACTIVE 2",
    ]

    @Test(arguments: Operation.allCases, [Int64(-1), 0, 1])
    func edge(operation: Operation, offsetMs: Int64) throws {
        let outcome = try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 2)])
            let id = rig.id()
            _ = try await rig.reserve(id, event, [(types[0], 2)], ttlMs: 10_000)
            try await rig.pass(ms: 10_000 + offsetMs)
            var state: String
            do {
                state = try await Self.perform(operation, on: id, event, types[0], rig)
            } catch let error as RPCError { state = error.reason.name }
            state += " \(try await rig.held(types[0]))"
            #expect(try await rig.violations() == [])
            return state
        }
        #expect(outcome == (offsetMs < 0 ? Self.before : Self.after)[operation])
    }

    private static func perform(
        _ operation: Operation, on id: UUID, _ event: UUID, _ type: UUID, _ rig: Rig
    ) async throws -> String {
        let fence = Fence(orderId: rig.id(), epoch: 1)
        let reply: HoldReply
        switch operation {
        case .get: reply = try await rig.hold(id)
        case .reserveAgain:
            reply = try await rig.reserve(id, event, [(type, 2)], ttlMs: 10_000)
        case .extend: reply = try await rig.extend(id, atLeastMs: 60_000)
        case .release: reply = try await rig.release(id)
        case .beginCommit: reply = try await rig.beginCommit(id, fence, reclaim: false)
        case .beginCommitReclaiming: reply = try await rig.beginCommit(id, fence)
        case .consume: reply = try await rig.consume(id, order: fence.orderId)
        case .reopen: reply = try await rig.reopen(id, fence)
        case .sweep:
            _ = try await rig.service.sweepExpired(SweepExpiredRequest(), rig.call(.operator))
            reply = try await rig.hold(id)
        case .reserveByOthers:
            reply = try await rig.reserve(rig.id(), event, [(type, 2)], owner: "bob")
        case .replace: reply = try await rig.reserve(rig.id(), event, [(type, 2)], replaces: id)
        }
        return reply.state.rawValue
    }

    @Test func aCommittingHoldDoesNotExpire() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 2)])
            let (id, order) = (rig.id(), rig.id())
            _ = try await rig.reserve(
                id, event, [(types[0], 2)], ttlMs: 1_000, fence: Fence(orderId: order, epoch: 1))
            try await rig.pass(ms: 86_400_000)
            let swept = try await rig.service.sweepExpired(
                SweepExpiredRequest(), rig.call(.operator))
            #expect(swept.expiredHolds == 0)
            #expect(try await rig.consume(id, order: order).state == .consumed)
        }
    }

    @Test func aWallClockThatJumpsExpiresNothing() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 2)])
            let id = rig.id()
            _ = try await rig.reserve(id, event, [(types[0], 2)])
            rig.test.clock.jump(byMs: 86_400_000)
            #expect(try await rig.reserve(id, event, [(types[0], 2)]).state == .active)
            rig.test.clock.jump(byMs: -2 * 86_400_000)
            #expect(try await rig.reserve(id, event, [(types[0], 2)]).state == .active)
        }
    }
}
