import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Support
import Testing
import Wire

@testable import Inventory

/// Another selection for a hold that is there.
@Suite struct ResizeTests {
    @Test func itGrowsAllOrNothing() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                capacity: 20,
                types: [TypeSpec(allocation: 9), TypeSpec(name: "Box", allocation: 3)])
            let id = rig.id()
            _ = try await rig.reserve(id, event, [(types[0], 2)])
            let grown = try await rig.resize(id, 2, [(types[0], 4), (types[1], 1)])
            #expect(grown.lines.map(\.quantity) == [4, 1] && grown.revision == 2)
            for lines in [[(types[0], 5), (types[1], 4)], [(types[1], 4)]] as [[(UUID, Int64)]] {
                let refusal = try await refusal { try await rig.resize(id, 3, lines) }
                #expect(refusal?.reason == .insufficientInventory)
                #expect(refusal?.detail["available"] == 3 && refusal?.detail["requested"] == 4)
            }
            #expect(try await rig.hold(id) == grown)
            #expect(try await rig.held(types[0]) == 4)
            #expect(try await rig.held(types[1]) == 1)
            // What it has itself counts: a full house may be sold to another type's holder.
            let swapped = try await rig.resize(id, 3, [(types[1], 3), (types[0], 1)])
            #expect(swapped.lines.map(\.quantity) == [3, 1])
            #expect(try await rig.held(event) == 4)
            #expect(try await rig.violations() == [])
            let entries = try await rig.service.listAudit(
                ListAuditRequest(poolId: types[0]), rig.manager
            ).entries.filter { $0.action == .resize }
            #expect(entries.map(\.quantity) == [2, 3])
            #expect(entries.map(\.held) == [4, 1])
        }
    }

    @Test func itsTimeStaysWhateverComesOfIt() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 9)])
            let id = rig.id()
            let made = try await rig.reserve(id, event, [(types[0], 2)], ttlMs: 60_000)
            try await rig.pass(ms: 30_000)
            #expect(try await rig.resize(id, 2, [(types[0], 3)]).expiresAt == made.expiresAt)
            _ = try await refusal { try await rig.resize(id, 3, [(types[0], 10)]) }
            #expect(try await rig.hold(id).expiresAt == made.expiresAt)
            try await rig.pass(ms: 30_000)
            let over = try await refusal { try await rig.resize(id, 3, [(types[0], 1)]) }
            #expect(over?.reason == .holdExpired)
            #expect(try await rig.held(types[0]) == 0)
        }
    }

    @Test func aLineThatDoesNotGrowKeepsItsPrice() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                fee: 50, types: [TypeSpec(price: 1_000, tax: 1_000), TypeSpec(price: 500)])
            let id = rig.id()
            _ = try await rig.reserve(id, event, [(types[0], 3), (types[1], 1)])
            let euro = Currency("EUR")
            for type in types {
                _ = try await rig.service.putTicketType(
                    PutTicketTypeRequest(
                        ticketTypeId: type, eventId: event, expectedVersion: 1, name: "Dearer",
                        price: Money(2_000, euro), taxBasisPoints: 2_000),
                    rig.manager)
            }
            let resized = try await rig.resize(id, 2, [(types[0], 2), (types[1], 2)])
            #expect(resized.lines.map(\.unitPrice.amount) == [1_000, 2_000])
            #expect(resized.lines.map(\.fee.amount) == [100, 100])
            // The tax is that of today: of (2,000 + 100) and (4,000 + 100).
            #expect(resized.lines.map(\.tax.amount) == [420, 820])
        }
    }

    @Test func onlyOneOfTwoEditorsWins() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 9)])
            let id = rig.id()
            _ = try await rig.reserve(id, event, [(types[0], 2)])
            let first = try await rig.resize(id, 2, [(types[0], 5)])
            // Whoever did not know of it is told what there is, as the first is who asks again.
            #expect(try await rig.resize(id, 2, [(types[0], 1)]) == first)
            #expect(try await rig.resize(id, 1, [(types[0], 1)]) == first)
            let again = try await refusal { try await rig.reserve(id, event, [(types[0], 2)]) }
            #expect(again?.reason == .holdExists && again?.detail["revision"] == 2)
            #expect(try await rig.reserve(id, event, [(types[0], 5)]) == first)
            // Nobody is told of the same again.
            let before = try await rig.availability(event)
            #expect(try await rig.resize(id, 9, [(types[0], 5)]).revision == 9)
            #expect(try await rig.availability(event).stamp == before.stamp)
        }
    }

    @Test func anOwnersLimitCountsTheHoldOnce() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                types: [TypeSpec(allocation: 20, perOwner: 4), TypeSpec(name: "Box")])
            let (id, other) = (rig.id(), rig.id())
            _ = try await rig.reserve(id, event, [(types[0], 2)])
            _ = try await rig.reserve(other, event, [(types[0], 1)])
            #expect(try await rig.resize(id, 2, [(types[0], 3)]).lines.map(\.quantity) == [3])
            let beyond = try await refusal { try await rig.resize(id, 3, [(types[0], 4)]) }
            #expect(beyond?.reason == .ownerLimitExceeded && beyond?.detail["used"] == 1)
            // What is given back may be taken by the owner's other hold.
            _ = try await rig.resize(id, 3, [(types[1], 1)])
            #expect(try await rig.resize(other, 2, [(types[0], 4)]).lines.map(\.quantity) == [4])
            _ = try await rig.release(id)
            _ = try await rig.release(other)
            #expect(try await rig.violations() == [])
            #expect(try await rig.held(Pool.ownerPoolId(types[0], "ada")) == 0)
        }
    }

    @Test func whatExpiredMakesRoom() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 5)])
            let id = rig.id()
            _ = try await rig.reserve(rig.id(), event, [(types[0], 3)], ttlMs: 1_000)
            _ = try await rig.reserve(id, event, [(types[0], 2)])
            try await rig.pass(ms: 1_000)
            #expect(try await rig.resize(id, 2, [(types[0], 5)]).lines.map(\.quantity) == [5])
            #expect(try await rig.violations() == [])
        }
    }

    /// A late payment, too, finds room where a hold is over that nobody has swept.
    @Test func whatExpiredMakesRoomForALatePayer() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 5)])
            let (late, order) = (rig.id(), rig.id())
            _ = try await rig.reserve(late, event, [(types[0], 3)], ttlMs: 1_000)
            try await rig.pass(ms: 1_000)
            _ = try await rig.reserve(rig.id(), event, [(types[0], 4)], ttlMs: 1_000)
            try await rig.pass(ms: 1_000)
            let taken = try await rig.beginCommit(late, Fence(orderId: order, epoch: 1))
            #expect(taken.state == .committing && taken.reclaimed)
            #expect(try await rig.held(types[0]) == 3)
        }
    }

    @Test func noLinesGiveItBack() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 5)])
            let id = rig.id()
            _ = try await rig.reserve(id, event, [(types[0], 3)])
            for _ in 0..<2 {
                let gone = try await rig.resize(id, 2, [])
                #expect(gone.state == .released && gone.revision == 2)
            }
            #expect(try await rig.held(types[0]) == 0)
            #expect(try await rig.holdFacts() == ["hold.released"])
            let after = try await refusal { try await rig.resize(id, 3, [(types[0], 1)]) }
            #expect(after?.reason == .holdReleased)
        }
    }

    @Test func lessMayBeKeptOfWhatIsNoLongerSold() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                salesEnd: rig.now.advanced(byMs: 60_000),
                types: [TypeSpec(allocation: 9, least: 2), TypeSpec(name: "Box", allocation: 9)])
            let id = rig.id()
            _ = try await rig.reserve(id, event, [(types[0], 5), (types[1], 2)])
            try await rig.pass(ms: 60_000)
            let more = try await refusal {
                try await rig.resize(id, 2, [(types[0], 5), (types[1], 3)])
            }
            #expect(more?.reason == .eventNotOnSale)
            let few = try await refusal { try await rig.resize(id, 2, [(types[0], 1)]) }
            #expect(few?.reason == .quantityOutOfRange)
            #expect(try await rig.resize(id, 2, [(types[0], 2)]).lines.map(\.quantity) == [2])
        }
    }

    @Test func whatIsSoldOrPaidForIsNotChanged() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 9)])
            let (id, order) = (rig.id(), rig.id())
            _ = try await rig.reserve(
                id, event, [(types[0], 2)], fence: Fence(orderId: order, epoch: 1))
            let paying = try await refusal { try await rig.resize(id, 2, [(types[0], 1)]) }
            #expect(paying?.reason == .holdCommitting)
            _ = try await rig.consume(id, order: order)
            let sold = try await refusal { try await rig.resize(id, 2, []) }
            #expect(sold?.reason == .holdConsumed)
        }
    }

    @Test func aCheckoutsHoldIsOrdersToChange() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 9)])
            let id = rig.id()
            _ = try await rig.service.reserve(
                ReserveRequest(
                    holdId: id, eventId: event, owner: "ada",
                    lines: [HoldLine(ticketTypeId: types[0], quantity: 2)],
                    reference: HoldReference(kind: .checkout, id: rig.id())), rig.orders)
            for call in [rig.gateway, rig.call(.operator)] {
                let refusal = try await refusal {
                    try await rig.resize(id, 2, [(types[0], 1)], as: call)
                }
                #expect(refusal?.reason == .permissionDenied)
            }
            #expect(try await rig.resize(id, 2, [(types[0], 1)], as: rig.orders).revision == 2)
        }
    }

    /// A hold that its gateway made, and a checkout took over by asking for it again, is no longer
    /// the gateway's to change: the order is over its lines.
    @Test func aHoldThatACheckoutTookOverIsOrdersToChange() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 9)])
            let (id, order) = (rig.id(), rig.id())
            func reserve(_ reference: HoldReference?) async throws -> HoldReply {
                try await rig.service.reserve(
                    ReserveRequest(
                        holdId: id, eventId: event, owner: "ada",
                        lines: [HoldLine(ticketTypeId: types[0], quantity: 2)],
                        reference: reference), rig.orders)
            }
            _ = try await reserve(nil)
            #expect(try await rig.resize(id, 2, [(types[0], 3)]).revision == 2)
            _ = try await rig.resize(id, 3, [(types[0], 2)])
            let checkout = HoldReference(kind: .checkout, id: rig.id())
            #expect(try await reserve(checkout).reference == checkout)
            // What was asked for before, and was not heard, is answered all the same.
            #expect(try await rig.resize(id, 3, [(types[0], 2)]).revision == 3)
            let taken = try await refusal { try await rig.resize(id, 4, [(types[0], 1)]) }
            #expect(taken?.reason == .permissionDenied)
            // So is one that an order has fenced before, though it had no checkout.
            let other = rig.id()
            _ = try await rig.reserve(other, event, [(types[0], 2)], owner: "bob")
            let fence = Fence(orderId: order, epoch: 1)
            _ = try await rig.beginCommit(other, fence)
            _ = try await rig.reopen(other, fence)
            let fenced = try await refusal { try await rig.resize(other, 2, [(types[0], 1)]) }
            #expect(fenced?.reason == .permissionDenied)
        }
    }

    @Test func aSelectionThatContradictsItselfIsRefusedByName() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 9)])
            let id = rig.id()
            _ = try await rig.reserve(id, event, [(types[0], 2)])
            let twice = try await refusal {
                try await rig.resize(id, 2, [(types[0], 1), (types[0], 1)])
            }
            #expect(twice?.reason == .invalidArgument)
            #expect(twice?.message.contains("lines[1].ticketTypeId") == true)
            let unknown = try await refusal { try await rig.resize(id, 2, [(rig.id(), 1)]) }
            #expect(unknown?.reason == .notFound)
            #expect(try await rig.hold(id).revision == 1)
        }
    }
}
