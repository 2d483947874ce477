import Contracts
import FoundationEssentials
import RPC
import Testing
import Wire

@testable import Inventory

/// Owners, entitlements and names whose spellings Unicode calls equal, on either engine: what is
/// other bytes is another.
@Suite struct OwnerTextTests {
    private static let (one, other) = ("jos\u{e9}", "jose\u{301}")

    @Test func aHoldIsReplacedByItsOwnOwnersNextAlone() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                openCheckouts: .replace, types: [TypeSpec(allocation: 9)])
            var holds: [UUID] = []
            for owner in [Self.one, Self.other, Self.one] {
                let id = rig.id()
                let hold = try await rig.reserve(id, event, [(types[0], 1)], owner: owner)
                #expect(hold.state == .active)
                holds.append(id)
            }
            var states: [HoldState] = []
            for id in holds { states.append(try await rig.hold(id).state) }
            #expect(states == [.released, .active, .active])
            #expect(try await rig.held(types[0]) == 2)
            #expect(try await rig.violations() == [])
        }
    }

    @Test func oneOpenHoldIsOneOfEachOwner() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                openCheckouts: .reject, types: [TypeSpec(allocation: 9)])
            for owner in [Self.one, Self.other] {
                _ = try await rig.reserve(rig.id(), event, [(types[0], 1)], owner: owner)
                let second = try await refusal {
                    try await rig.reserve(rig.id(), event, [(types[0], 1)], owner: owner)
                }
                #expect(second?.reason == .openHoldExists)
            }
        }
    }

    @Test func theSameHoldForAnotherOwnerIsAConflict() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                types: [TypeSpec(allocation: 9, perOwner: 1)])
            let id = rig.id()
            _ = try await rig.reserve(id, event, [(types[0], 1)], owner: Self.one)
            let again = try await refusal {
                try await rig.reserve(id, event, [(types[0], 1)], owner: Self.other)
            }
            #expect(again?.reason == .idempotencyConflict)
            #expect(again?.detail["differingFields"] == ["owner"])
            let replacing = try await refusal {
                try await rig.reserve(
                    rig.id(), event, [(types[0], 1)], owner: Self.other, replaces: id)
            }
            #expect(replacing?.reason == .holdNotFound)
            // Each has a limit of their own.
            _ = try await rig.reserve(rig.id(), event, [(types[0], 1)], owner: Self.other)
            #expect(try await rig.violations() == [])
        }
    }

    @Test func anEntitlementIsItsBytes() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                types: [TypeSpec(allocation: 9, entitlements: [Self.one])])
            func buy(_ entitlement: String) async throws -> RPCError? {
                try await refusal {
                    try await rig.service.reserve(
                        ReserveRequest(
                            holdId: rig.id(), eventId: event, owner: "ada",
                            lines: [HoldLine(ticketTypeId: types[0], quantity: 1)]),
                        rig.call(
                            .gateway,
                            actor: Actor(id: "ada", kind: "user", entitlements: [entitlement])))
                }
            }
            #expect(try await buy(Self.other)?.reason == .entitlementRequired)
            #expect(try await buy(Self.one) == nil)
        }
    }

    /// It was taken for the name that was there, and nothing changed.
    @Test func anotherSpellingIsAnotherName() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(name: Self.one)])
            func put(_ name: String, _ version: Int64?) async throws -> TicketTypeReply {
                try await rig.service.putTicketType(
                    PutTicketTypeRequest(
                        ticketTypeId: types[0], eventId: event, expectedVersion: version,
                        name: name, price: Money(2_500, Currency("EUR"))), rig.manager)
            }
            let conflict = try await refusal { try await put(Self.other, nil) }
            #expect(conflict?.detail["differingFields"]?.kind == "an array")
            let changed = try await put(Self.other, 1).ticketType
            #expect(changed.version == 2)
            #expect(changed.name.utf8.elementsEqual(Self.other.utf8))
        }
    }
}
