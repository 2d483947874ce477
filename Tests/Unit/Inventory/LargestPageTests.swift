import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Support
import Testing
import Wire

@testable import Inventory

/// Each paged method with the largest rows that may be stored.
@Suite struct LargestPageTests {
    private static let name = String(repeating: "N", count: Bounds.nameBytes)
    private static let text = String(repeating: "d", count: Bounds.textBytes)

    /// What the others play; a paged method that is new must come here too.
    @Test func allArePlayed() {
        #expect(
            Set(PagedLists.of("inventory").keys) == [
                "inventory.CreateEvent", "inventory.PublishEvent", "inventory.GetEvent",
                "inventory.ListHolds", "inventory.ListAudit", "inventory.ReadEvents",
            ])
    }

    /// An event with all the types that it may have, as long as they may be.
    private func event(_ rig: Rig, types: Int) async throws -> (CreateEventRequest, [UUID]) {
        let euro = Currency("EUR")
        // With fee and tax it is what a payment can hold, in as many bytes as any.
        let most = Money(100_000_000_000, euro)
        let latest = Instant(milliseconds: .max)
        let request = CreateEventRequest(
            eventId: rig.id(), title: Self.name, description: Self.text, location: Self.name,
            startsAt: latest, currency: euro, feePerTicket: most, salesEnd: latest)
        let made = try await rig.service.createEvent(request, rig.manager)
        let ids = (0..<types).map { _ in rig.id() }.sorted()
        let rows = try ids.map { id in
            try CatalogueRules.ticketType(
                PutTicketTypeRequest(
                    ticketTypeId: id, eventId: request.eventId, name: Self.name,
                    description: Self.text, price: most, taxBasisPoints: 10_000, allocation: 9,
                    maxPerOrder: 1_000, perOwnerLimit: 1_000,
                    requiredEntitlements: (0..<20).map { "\($0)" + Self.name.dropFirst(2) },
                    salesEnd: latest, sort: 1_000_000), of: made.event, version: .max)
        }
        // Not by PutTicketType, which reads all types of the event each time.
        try await rig.database.write { batch in
            for row in rows { try batch.insert(TicketTypeRow(row)) }
        }
        return (request, ids)
    }

    @Test func anEventWithAllItsTypes() throws {
        try Rig.run { rig in
            let (request, ids) = try await event(rig, types: CatalogueRules.typesPerEvent)
            let id = request.eventId
            for _ in 1...2 {
                let published = try await rig.service.publishEvent(
                    PublishEventRequest(eventId: id, expectedVersion: 1), rig.manager)
                try checkPage(published, of: "inventory.PublishEvent")
                #expect(published.event.status == .published && published.next != nil)
            }
            let again = try await rig.service.createEvent(request, rig.manager)
            try checkPage(again, of: "inventory.CreateEvent")
            for limit in [nil, 7] as [Int64?] {
                let pages = try await pages(of: "inventory.GetEvent", next: \.next) {
                    try await rig.service.getEvent(
                        GetEventRequest(eventId: id, after: $0, limit: limit), rig.gateway)
                }
                #expect(pages.flatMap(\.ticketTypes).map(\.ticketTypeId) == ids)
                #expect(pages.allSatisfy { $0.ticketTypes.count <= limit ?? 500 })
                #expect(
                    pages[0].ticketTypes.count == limit.map { Int($0) } ?? again.ticketTypes.count)
                // Whichever method said so: the place is one in the same list.
                #expect(limit != nil || pages[0].next == again.next)
            }
        }
    }

    /// Types are shown by sort and name, whatever their ids; a place in another event is none here.
    @Test func typesComeInTheOrderInWhichTheyAreShown() throws {
        try Rig.run { rig in
            let names = ["b", "a", "c", "a", "é", "B"]
            let (event, _) = try await rig.event(types: names.map { TypeSpec(name: $0) })
            let (other, _) = try await rig.event(types: [TypeSpec(), TypeSpec()])
            func get(_ id: UUID, _ after: String?, _ limit: Int64?) async throws -> EventReply {
                try await rig.service.getEvent(
                    GetEventRequest(eventId: id, after: after, limit: limit), rig.gateway)
            }
            let whole = try await get(event, nil, nil)
            #expect(whole.ticketTypes.count == 6 && whole.next == nil)
            for limit in Int64(1)...5 {
                let pages = try await pages(of: "inventory.GetEvent", next: \.next) {
                    try await get(event, $0, limit)
                }
                #expect(pages.flatMap(\.ticketTypes) == whole.ticketTypes)
            }
            let place = try await get(other, nil, 1).next
            // Made up, with a type that is not the event's: the check of a place is no secret.
            let forged = ListPlace<UUID>("inventory.GetEvent", [event.uuidString])
            for place in [place, forged.text(after: other), forged.text(after: event)] {
                let error = try await refusal { try await get(event, place, nil) }
                #expect(error?.reason == .invalidArgument)
            }
        }
    }

    @Test func holdsOfAllTheirLines() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                types: (0..<Bounds.linesPerHold).map { _ in TypeSpec(name: Self.name, most: 1_000) }
            )
            let name = String(repeating: "o", count: Bounds.ownerBytes - 2)
            var ids: [UUID] = []
            for number in 10..<90 {
                ids.append(rig.id())
                _ = try await rig.reserve(
                    ids[ids.count - 1], event, types.map { ($0, 100) },
                    owner: name + "\(number)",
                    fence: Fence(orderId: rig.id(), epoch: .max))
            }
            let pages = try await pages(of: "inventory.ListHolds", next: \.next) {
                try await rig.service.listHolds(
                    ListHoldsRequest(state: .committing, after: $0), rig.orders)
            }
            #expect(pages.count > 1)
            #expect(pages.flatMap(\.holds).map(\.holdId) == ids.sorted())
            let place = pages[0].next
            let other = try await refusal {
                try await rig.service.listHolds(
                    ListHoldsRequest(state: .active, after: place), rig.orders)
            }
            #expect(other?.reason == .invalidArgument)
        }
    }

    @Test func aLongAudit() throws {
        try Rig.run { rig in
            let (_, types) = try await rig.event(types: [TypeSpec()])
            try await rig.database.write { batch in
                for seq in Int64(2)...1_200 {
                    try batch.insert(
                        AuditRow(
                            AuditEntry(
                                poolId: types[0], seq: seq, action: .increase, quantity: .max,
                                previousCapacity: 100_000_000, capacity: 100_000_000,
                                previousHeld: .max, held: .max, previousSold: .max, sold: .max,
                                actor: Self.name, reference: types[0],
                                at: Instant(milliseconds: .max))))
                }
            }
            let pages = try await pages(of: "inventory.ListAudit", next: \.next) {
                try await rig.service.listAudit(
                    ListAuditRequest(poolId: types[0], after: $0), rig.manager)
            }
            #expect(pages.flatMap(\.entries).map(\.seq) == Array(1...1_200))
        }
    }

    @Test func aFeedOfTheLargestFacts() throws {
        try Rig.run { rig in
            try await rig.database.write { batch in
                for _ in 0..<20 {
                    batch.emit(
                        String(repeating: "k", count: 64), subject: rig.id(),
                        [UInt8](repeating: 1, count: 65_536))
                }
            }
            var after: Int64 = 0
            while after < 20 {
                let page = try await rig.page(
                    FeedRequest(feedId: nil, afterSeq: after, limit: 8_000))
                try checkPage(page, of: "inventory.ReadEvents")
                after = try #require(page.events.last).seq
            }
        }
    }

    // MARK: More than anybody could be told of

    @Test(arguments: [(19, true), (20, false), (21, false)])
    func aHoldBeyondWhatAnOrderMayHave(lines: Int, isAllowed: Bool) throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                types: (0..<21).map { _ in TypeSpec(most: 1_000) })
            let quantity: Int64 = lines == 20 ? 101 : 96
            let (id, wanted) = (rig.id(), types.prefix(lines).map { ($0, quantity) })
            for _ in 1...2 {
                let error = try await refusal { try await rig.reserve(id, event, wanted) }
                guard !isAllowed else {
                    #expect(error == nil)
                    continue
                }
                #expect(error?.reason == .quantityOutOfRange && error?.outcome == .refused)
                #expect(
                    error?.detail == ["field": "lines", "min": 1, "max": .integer(2_000)])
            }
            #expect(try await rig.held(event) == (isAllowed ? 1_824 : 0))
        }
    }
}
