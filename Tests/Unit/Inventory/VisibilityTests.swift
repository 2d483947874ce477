import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Testing
import Wire

@testable import Inventory

/// What is shown to whom, and what only staff may ask for.
@Suite struct VisibilityTests {
    private static let eva = Actor(id: "eva", kind: "staff")
    private static let ann = Actor(id: "ada", kind: "user")

    /// A DRAFT is told of to staff alone; to everybody else it is an event that does not exist.
    @Test func aDraftIsThereForStaffAlone() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(isPublished: false, types: [TypeSpec()])
            let others = [
                rig.gateway, rig.call(.gateway, actor: Self.ann),
                rig.call(.orders, actor: Self.ann),
            ]
            for call in others {
                for (id, what) in [(event, "the draft"), (rig.id(), "nothing")] {
                    let asked = [
                        try await refusal { try await Self.show(rig, id, call) },
                        try await refusal { try await Self.reserve(rig, id, types[0], call) },
                    ]
                    for error in asked {
                        #expect(error?.reason == .notFound, "\(what)")
                        #expect(error?.message == "there is no event \(id)", "\(what)")
                    }
                }
            }
            for call in [rig.gateway, rig.call(.gateway, actor: Self.ann)] {
                let error = try await refusal { try await Self.stock(rig, event, call) }
                #expect(error?.reason == .notFound)
            }
            let staff = [
                rig.manager, rig.call(.operator), rig.call(.gateway, actor: Self.eva),
            ]
            for call in staff {
                #expect(try await Self.show(rig, event, call).event.why == .draft)
                #expect(try await Self.stock(rig, event, call).event.why == .draft)
            }
            let error = try await refusal {
                try await Self.reserve(rig, event, types[0], rig.call(.operator))
            }
            #expect(error?.reason == .eventNotOnSale && error?.detail["why"] == "DRAFT")
        }
    }

    /// The stock is there, and nothing of it can be bought: the answers say so, and why.
    @Test func whatCannotBeBoughtIsShownWithTheReason() throws {
        try Rig.run { rig in
            let now = rig.now
            let (open, types) = try await rig.event(
                capacity: 20,
                types: [
                    TypeSpec(name: "A", allocation: 9),
                    TypeSpec(name: "B", allocation: 5, isEnabled: false),
                    TypeSpec(name: "C", salesStart: now.advanced(byMs: 1_000)),
                    TypeSpec(name: "D", salesEnd: now.advanced(byMs: 1_000)),
                ])
            _ = try await rig.reserve(rig.id(), open, [(types[0], 2)])
            try await Self.expect(rig, open, nil, [nil, .disabled, .before, nil], [7, 0, 0, 18])
            try await rig.pass(ms: 1_000)
            try await Self.expect(rig, open, nil, [nil, .disabled, nil, .after], [7, 0, 18, 0])

            let (early, _) = try await rig.event(
                capacity: 20, salesStart: rig.now.advanced(byMs: 1_000),
                salesEnd: rig.now.advanced(byMs: 2_000), types: [TypeSpec(allocation: 9)])
            for why in [NotOnSale.before, nil, .after] {
                try await Self.expect(rig, early, why, [why], [why == nil ? 9 : 0])
                let stock = try await Self.stock(rig, early, rig.gateway).event
                #expect(stock.available == (why == nil ? 20 : 0))
                // Nothing of it is held: it is closed, not full.
                #expect(!stock.atCapacity && stock.capacity == 20)
                try await rig.pass(ms: 1_000)
            }
        }
    }

    private static func expect(
        _ rig: Rig, _ event: UUID, _ ofEvent: NotOnSale?, _ ofTypes: [NotOnSale?],
        _ available: [Int64], _ place: SourceLocation = #_sourceLocation
    ) async throws {
        let stock = try await stock(rig, event, rig.gateway)
        #expect(stock.event.why == ofEvent, sourceLocation: place)
        #expect(stock.types.map(\.why) == ofTypes, sourceLocation: place)
        #expect(stock.types.map(\.available) == available, sourceLocation: place)
        let shown = try await show(rig, event, rig.gateway)
        #expect(shown.event.why == ofEvent, sourceLocation: place)
        #expect(shown.ticketTypes.map(\.why) == ofTypes, sourceLocation: place)
    }

    @Test(arguments: [HoldPurpose.boxOffice, .admin])
    func anotherPurposeThanACheckoutIsForStaff(_ purpose: HoldPurpose) throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec()])
            for call in [rig.gateway, rig.call(.gateway, actor: Self.ann)] {
                let error = try await refusal {
                    try await Self.reserve(rig, event, types[0], call, purpose)
                }
                #expect(error?.reason == .permissionDenied)
                #expect(error?.message.contains("staff") == true)
                _ = try await Self.reserve(rig, event, types[0], call, .checkout)
            }
            for call in [
                rig.call(.operator), rig.call(.gateway, actor: Self.eva), rig.call(.orders),
            ] {
                _ = try await Self.reserve(rig, event, types[0], call, purpose)
            }
        }
    }

    @Test(arguments: ReleaseReason.given)
    func aGatewayGivesNoReasonOfStaffOrOrders(_ reason: ReleaseReason) throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec()])
            func release(_ call: CallContext) async throws -> RPCError? {
                let hold = rig.id()
                _ = try await rig.reserve(hold, event, [(types[0], 1)])
                return try await refusal {
                    try await rig.service.releaseHold(
                        ReleaseHoldRequest(holdId: hold, reason: reason), call)
                }
            }
            let isGateways = [.buyer, .failed].contains(reason)
            #expect(
                try await release(rig.gateway)?.reason == (isGateways ? nil : .permissionDenied))
            #expect(
                try await release(rig.call(.operator))?.reason
                    == (reason == .saga ? .permissionDenied : nil))
            #expect(try await release(rig.orders) == nil)
        }
    }

    private static func show(_ rig: Rig, _ id: UUID, _ call: CallContext) async throws -> EventReply
    {
        try await rig.service.getEvent(GetEventRequest(eventId: id), call)
    }

    private static func stock(
        _ rig: Rig, _ id: UUID, _ call: CallContext
    ) async throws -> AvailabilityReply {
        try await rig.availability(id, as: call)
    }

    private static func reserve(
        _ rig: Rig, _ event: UUID, _ type: UUID, _ call: CallContext, _ purpose: HoldPurpose? = nil
    ) async throws -> HoldReply {
        try await rig.service.reserve(
            ReserveRequest(
                holdId: rig.id(), eventId: event, owner: "ada",
                lines: [HoldLine(ticketTypeId: type, quantity: 1)], purpose: purpose), call)
    }
}
