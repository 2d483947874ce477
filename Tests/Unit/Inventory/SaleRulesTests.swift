import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Testing
import Wire

@testable import Inventory

/// Every refusal of Reserve that the catalogue decides, with its detail.
@Suite struct SaleRulesTests {
    /// Sells two of one type under these conditions, and gives the reason against it with the
    /// detail asked for.
    private func sell(
        _ type: TypeSpec = TypeSpec(), quantity: Int64 = 2, salesStartMs: Int64? = nil,
        salesEndMs: Int64? = nil, isPublished: Bool = true, entitlements: [String]? = nil
    ) throws -> RPCError? {
        try Rig.run { rig in
            let start = rig.now
            let (event, types) = try await rig.event(
                salesStart: salesStartMs.map { start.advanced(byMs: $0) },
                salesEnd: salesEndMs.map { start.advanced(byMs: $0) }, isPublished: isPublished,
                types: [type])
            try await rig.pass(ms: 1_000)
            let request = ReserveRequest(
                holdId: rig.id(), eventId: event, owner: "ada",
                lines: [HoldLine(ticketTypeId: types[0], quantity: quantity)])
            let actor = Actor(id: "ada", kind: "user", entitlements: entitlements)
            return try await refusal {
                try await rig.service.reserve(request, rig.call(.gateway, actor: actor))
            }
        }
    }

    @Test func anEventThatIsNotPublished() throws {
        #expect(try sell(isPublished: false)?.reason == .notFound)
    }

    @Test(
        arguments: [
            (1_001, nil, "BEFORE"), (1_000, nil, nil), (nil, 1_001, nil), (nil, 1_000, "AFTER"),
        ] as [(Int64?, Int64?, String?)])
    func salesWindows(startMs: Int64?, endMs: Int64?, why: String?) throws {
        let reason = why.map { Value.text($0) }
        let ofEvent = try sell(salesStartMs: startMs, salesEndMs: endMs)
        #expect(ofEvent?.detail["why"] == reason)
        // The same window on the ticket type.
        let origin = Instant(milliseconds: 1_800_000_000_000)
        let type = TypeSpec(
            salesStart: startMs.map { origin.advanced(byMs: $0) },
            salesEnd: endMs.map { origin.advanced(byMs: $0) })
        #expect(try sell(type)?.detail["why"] == reason)
    }

    @Test func aDisabledType() throws {
        let type = TypeSpec(isEnabled: false)
        let error = try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(), type])
            return try await refusal { try await rig.reserve(rig.id(), event, [(types[1], 1)]) }
        }
        #expect(error?.reason == .ticketTypeDisabled)
    }

    @Test(arguments: [(Int64(1), false), (2, true), (4, true), (5, false)])
    func quantities(quantity: Int64, isAllowed: Bool) throws {
        let error = try sell(TypeSpec(least: 2, most: 4), quantity: quantity)
        #expect(error?.reason == (isAllowed ? nil : .quantityOutOfRange))
        if !isAllowed {
            #expect(error?.detail["min"] == 2)
            #expect(error?.detail["max"] == 4)
        }
    }

    @Test func entitlements() throws {
        let type = TypeSpec(entitlements: ["member", "over-18"])
        #expect(try sell(type, entitlements: ["over-18", "member", "press"]) == nil)
        let error = try sell(type, entitlements: ["member"])
        #expect(error?.reason == .entitlementRequired)
        #expect(error?.detail["names"] == ["over-18"])
        #expect(try sell(type)?.detail["names"] == ["member", "over-18"])
    }

    @Test func unknownEventsAndTypes() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec()])
            let (other, otherTypes) = try await rig.event(types: [TypeSpec()])
            let unknown = try await refusal {
                try await rig.reserve(rig.id(), rig.id(), [(types[0], 1)])
            }
            #expect(unknown?.reason == .notFound)
            let foreign = try await refusal {
                try await rig.reserve(rig.id(), event, [(otherTypes[0], 1)])
            }
            #expect(foreign?.reason == .notFound)
            #expect(try await rig.held(other) == 0)
        }
    }

    @Test func anOwnersLimitCountsWhatIsHeldAndWhatIsSold() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(perOwner: 4)])
            let (first, order) = (rig.id(), rig.id())
            _ = try await rig.reserve(
                first, event, [(types[0], 2)], fence: Fence(orderId: order, epoch: 1))
            _ = try await rig.consume(first, order: order)
            let second = rig.id()
            _ = try await rig.reserve(second, event, [(types[0], 2)])
            let error = try await refusal {
                try await rig.reserve(rig.id(), event, [(types[0], 1)])
            }
            #expect(error?.reason == .ownerLimitExceeded)
            #expect(error?.detail["limit"] == 4)
            #expect(error?.detail["used"] == 4)
            #expect(
                try await rig.reserve(rig.id(), event, [(types[0], 1)], owner: "bob").state
                    == .active)
            _ = try await rig.release(second)
            #expect(try await rig.reserve(rig.id(), event, [(types[0], 2)]).state == .active)
            #expect(try await rig.violations() == [])
        }
    }

    @Test func aLimitAddedLaterTouchesNoOldHold() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec()])
            let old = rig.id()
            _ = try await rig.reserve(old, event, [(types[0], 5)])
            try await rig.put(types[0], of: event, version: 1, perOwner: 2)
            let new = rig.id()
            _ = try await rig.reserve(new, event, [(types[0], 2)])
            #expect(try await rig.release(old).state == .released)
            try await rig.put(types[0], of: event, version: 2, perOwner: 1)
            let error = try await refusal {
                try await rig.reserve(rig.id(), event, [(types[0], 1)])
            }
            #expect(error?.detail["used"] == 2)
            try await rig.put(types[0], of: event, version: 3, perOwner: nil)
            #expect(try await rig.release(new).state == .released)
            #expect(try await rig.held(event) == 0)
            #expect(try await rig.violations() == [])
        }
    }
}

extension Rig {
    fileprivate func put(_ type: UUID, of event: UUID, version: Int64, perOwner: Int64?)
        async throws
    {
        _ = try await service.putTicketType(
            PutTicketTypeRequest(
                ticketTypeId: type, eventId: event, expectedVersion: version, name: "Regular",
                price: Money(2_500, Currency("EUR")), perOwnerLimit: perOwner), manager)
    }
}
