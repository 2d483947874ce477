import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Support
import Testing
import Wire

@testable import Inventory

@Suite struct ReserveTests {
    @Test func takesEveryLineFromItsTypeAndTheEvent() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                capacity: 100, fee: 150,
                types: [
                    TypeSpec(price: 2_500, tax: 700, allocation: 50),
                    TypeSpec(name: "Free", price: 0, tax: 1_900),
                ])
            let id = rig.id()
            let hold = try await rig.reserve(id, event, [(types[0], 3), (types[1], 2)])
            #expect(hold.state == .active)
            #expect(hold.expiresInMs == 900_000)
            #expect(hold.lines.map(\.quantity) == [3, 2])
            // 3 × (25.00 + 1.50) at 7 % is 5.565, rounded half up.
            #expect(hold.lines.map(\.fee.amount) == [450, 0])
            #expect(hold.lines.map(\.tax.amount) == [557, 0])
            #expect(try #require(Totals(of: hold.lines)).total.amount == 7_500 + 450 + 557)
            #expect(try await rig.held(event) == 5)
            #expect(try await rig.held(types[0]) == 3)
            #expect(try await rig.held(types[1]) == 2)
            #expect(try await rig.violations() == [])
        }
    }

    @Test func allLinesOrNone() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                types: [TypeSpec(allocation: 10), TypeSpec(name: "Box", allocation: 1)])
            let error = try await refusal {
                try await rig.reserve(rig.id(), event, [(types[0], 2), (types[1], 2)])
            }
            #expect(error?.reason == .insufficientInventory)
            #expect(error?.detail["scope"] == "TICKET_TYPE")
            #expect(error?.detail["id"] == .id(types[1]))
            #expect(error?.detail["requested"] == 2)
            #expect(error?.detail["available"] == 1)
            #expect(try await rig.held(types[0]) == 0)
            #expect(try await rig.violations() == [])
        }
    }

    @Test func theEventsCapacityLimitsAllTypesTogether() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(capacity: 3, types: [TypeSpec(), TypeSpec()])
            _ = try await rig.reserve(rig.id(), event, [(types[0], 2)])
            let error = try await refusal {
                try await rig.reserve(rig.id(), event, [(types[1], 2)])
            }
            #expect(error?.detail["scope"] == "EVENT")
            #expect(error?.detail["available"] == 1)
            #expect(error?.detail["nextReleaseInMs"] == 900_000)
        }
    }

    @Test func aReplayAnswersTheHoldAsItIsAndChangesNothing() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 5)])
            let id = rig.id()
            let first = try await rig.reserve(id, event, [(types[0], 2)])
            try await rig.pass(ms: 1_000)
            let again = try await rig.reserve(id, event, [(types[0], 2)])
            #expect(again.lines == first.lines)
            #expect(again.expiresAt == first.expiresAt)
            #expect(again.expiresInMs == 899_000)
            _ = try await rig.release(id)
            #expect(try await rig.reserve(id, event, [(types[0], 2)]).state == .released)
            #expect(try await rig.held(types[0]) == 0)
        }
    }

    @Test func aRefusalStandsUnderItsId() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 2)])
            let (first, second) = (rig.id(), rig.id())
            _ = try await rig.reserve(first, event, [(types[0], 2)])
            let refused = try await refusal {
                try await rig.reserve(second, event, [(types[0], 1)])
            }
            _ = try await rig.release(first)
            let again = try await refusal {
                try await rig.reserve(second, event, [(types[0], 1)])
            }
            #expect(again == refused)
            #expect(refused?.isRefusal == true)
            #expect(try await rig.hold(second).state == .refused)
            #expect(try await rig.release(second).state == .refused)
            #expect(try await rig.reserve(rig.id(), event, [(types[0], 1)]).state == .active)
        }
    }

    @Test func anotherPayloadUnderTheSameIdIsAConflict() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(), TypeSpec()])
            let id = rig.id()
            let order = Fence(orderId: rig.id(), epoch: 1)
            let lines = [
                HoldLine(ticketTypeId: types[0], quantity: 1),
                HoldLine(ticketTypeId: types[1], quantity: 2),
            ]
            func request(
                event: UUID, owner: String = "ada", lines: [HoldLine], ttlMs: Int64? = 60_000,
                purpose: HoldPurpose? = nil, fence: Fence?, replaces: UUID? = nil
            ) -> ReserveRequest {
                ReserveRequest(
                    holdId: id, eventId: event, owner: owner, lines: lines, ttlMs: ttlMs,
                    purpose: purpose, fence: fence, replaces: replaces)
            }
            let first = request(event: event, lines: lines, fence: order)
            _ = try await rig.service.reserve(first, rig.orders)
            // The order of the lines and the default purpose say nothing new.
            let same = request(
                event: event, lines: lines.reversed(), purpose: .checkout, fence: order)
            #expect(try await rig.service.reserve(same, rig.orders).state == .committing)
            let others: [(String, ReserveRequest)] = [
                ("eventId", request(event: rig.id(), lines: lines, fence: order)),
                ("owner", request(event: event, owner: "bob", lines: lines, fence: order)),
                ("lines", request(event: event, lines: [lines[0]], fence: order)),
                ("ttlMs", request(event: event, lines: lines, ttlMs: nil, fence: order)),
                ("purpose", request(event: event, lines: lines, purpose: .admin, fence: order)),
                ("fence", request(event: event, lines: lines, fence: nil)),
                (
                    "fence",
                    request(event: event, lines: lines, fence: Fence(orderId: id, epoch: 1))
                ),
                (
                    "replaces",
                    request(event: event, lines: lines, fence: order, replaces: order.orderId)
                ),
            ]
            for (field, other) in others {
                let error = try await refusal { try await rig.service.reserve(other, rig.orders) }
                #expect(error?.reason == .idempotencyConflict)
                #expect(error?.detail["differingFields"] == [.text(field)])
            }
            #expect(try await rig.held(event) == 3)
        }
    }

    @Test func aReserveThatComesAfterItsReleaseTakesNothing() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 5)])
            let id = rig.id()
            #expect(try await rig.release(id).state == .released)
            #expect(try await rig.release(id).eventId == nil)
            let error = try await refusal { try await rig.reserve(id, event, [(types[0], 1)]) }
            #expect(error?.reason == .holdReleased)
            #expect(try await rig.held(types[0]) == 0)
            let commit = try await refusal {
                try await rig.beginCommit(id, Fence(orderId: rig.id(), epoch: 1))
            }
            #expect(commit?.reason == .holdReleased)
            #expect(try await rig.holdFacts() == [])
        }
    }

    @Test func bornFencedItCommitsAtOnceAndItsReplayRaisesTheEpoch() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 5)])
            let (id, order) = (rig.id(), rig.id())
            func reserve(_ epoch: Int64) async throws -> HoldReply {
                try await rig.reserve(
                    id, event, [(types[0], 1)], fence: Fence(orderId: order, epoch: epoch))
            }
            let hold = try await reserve(2)
            #expect(hold.state == .committing)
            #expect(hold.orderId == order)
            #expect(hold.expiresInMs == nil)
            #expect(try await reserve(3).state == .committing)
            let late = try await refusal { try await reserve(2) }
            #expect(late?.reason == .fenced)
            #expect(late?.outcome == .unknown)
            #expect(late?.detail["epoch"] == 3)
            let release = try await refusal {
                try await rig.release(id, fence: Fence(orderId: order, epoch: 2))
            }
            #expect(release?.reason == .fenced)
            #expect(try await rig.consume(id, order: order).state == .consumed)
            #expect(try await reserve(3).state == .consumed)
        }
    }

    @Test func onlyOrdersPassesAFence() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec()])
            let fence = Fence(orderId: rig.id(), epoch: 1)
            let request = ReserveRequest(
                holdId: rig.id(), eventId: event, owner: "ada",
                lines: [HoldLine(ticketTypeId: types[0], quantity: 1)], fence: fence)
            let error = try await refusal { try await rig.service.reserve(request, rig.gateway) }
            #expect(error?.reason == .permissionDenied)
            let release = ReleaseHoldRequest(holdId: rig.id(), reason: .saga, fence: fence)
            let other = try await refusal {
                try await rig.service.releaseHold(release, rig.gateway)
            }
            #expect(other?.reason == .permissionDenied)
        }
    }

    @Test func linesThatContradictEachOtherAreInvalidAndNotStored() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec()])
            let id = rig.id()
            let twice = try await refusal {
                try await rig.reserve(id, event, [(types[0], 1), (types[0], 1)])
            }
            #expect(twice?.reason == .invalidArgument)
            let empty = try await refusal { try await rig.reserve(id, event, []) }
            #expect(empty?.reason == .invalidArgument)
            let none = try await refusal { try await rig.hold(id) }
            #expect(none?.reason == .holdNotFound)
        }
    }
}
