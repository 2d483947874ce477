import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Testing
import Wire

@testable import Inventory

private let euro = Currency("EUR")

@Suite struct CatalogueTests {
    private func create(
        _ id: UUID, _ rig: Rig, title: String = "Concert", capacity: Int64? = 100,
        currency: Currency = euro, fee: Money? = nil, salesStart: Instant? = nil,
        salesEnd: Instant? = nil, holdTtlMs: Int64? = nil, maxHoldMs: Int64? = nil
    ) async throws -> EventReply {
        try await rig.service.createEvent(
            CreateEventRequest(
                eventId: id, title: title, startsAt: Instant(milliseconds: 1_900_000_000_000),
                currency: currency, totalCapacity: capacity, feePerTicket: fee,
                salesStart: salesStart, salesEnd: salesEnd, holdTtlMs: holdTtlMs,
                maxHoldMs: maxHoldMs), rig.manager)
    }

    private func put(
        _ id: UUID, of event: UUID, _ rig: Rig, version: Int64? = nil, name: String = "Regular",
        price: Money = Money(1_000, euro), allocation: Int64? = nil, isEnabled: Bool? = nil,
        least: Int64? = nil, most: Int64? = nil
    ) async throws -> TicketTypeReply {
        try await rig.service.putTicketType(
            PutTicketTypeRequest(
                ticketTypeId: id, eventId: event, expectedVersion: version, name: name,
                price: price, allocation: allocation, isEnabled: isEnabled, minPerOrder: least,
                maxPerOrder: most), rig.manager)
    }

    private func publish(_ id: UUID, version: Int64, _ rig: Rig) async throws -> EventReply {
        try await rig.service.publishEvent(
            PublishEventRequest(eventId: id, expectedVersion: version), rig.manager)
    }

    @Test func anEventIsMadeOnce() throws {
        try Rig.run { rig in
            let id = rig.id()
            let made = try await create(id, rig)
            #expect(made.event.status == .draft)
            #expect(made.event.holdTtlMs == 900_000)
            #expect(made.event.maxHoldMs == 1_800_000)
            #expect(made.event.lateReclaim)
            _ = try await put(rig.id(), of: id, rig)
            _ = try await publish(id, version: 1, rig)
            let again = try await create(id, rig)
            #expect(again.event.status == .published)
            #expect(again.ticketTypes.count == 1)
            let other = try await refusal { try await create(id, rig, title: "Other", capacity: 9) }
            #expect(other?.reason == .idempotencyConflict)
            #expect(other?.detail["differingFields"] == ["title", "totalCapacity"])
            #expect(try await rig.violations() == [])
        }
    }

    @Test func fieldsThatContradictEachOther() throws {
        try Rig.run { rig in
            let early = Instant(milliseconds: 1)
            let late = Instant(milliseconds: 2)
            let attempts: [(String, @Sendable () async throws -> EventReply)] = [
                (
                    "feePerTicket.currency",
                    { try await create(rig.id(), rig, fee: Money(1, Currency("USD"))) }
                ),
                (
                    "salesEnd",
                    { try await create(rig.id(), rig, salesStart: late, salesEnd: early) }
                ),
                (
                    "maxHoldMs",
                    { try await create(rig.id(), rig, holdTtlMs: 2_000, maxHoldMs: 1_999) }
                ),
            ]
            for (field, attempt) in attempts {
                let error = try await refusal { try await attempt() }
                #expect(error?.reason == .invalidArgument)
                guard case .array(let fields)? = error?.detail["fields"] else {
                    Issue.record("no fields")
                    continue
                }
                #expect(fields.map { $0["field"] } == [.text(field)])
            }
        }
    }

    @Test func publishing() throws {
        try Rig.run { rig in
            let id = rig.id()
            _ = try await create(id, rig)
            let bare = try await refusal { try await publish(id, version: 1, rig) }
            #expect(bare?.reason == .notPublishable)
            #expect(bare?.detail["missing"] == ["ticketTypes"])
            _ = try await put(rig.id(), of: id, rig, isEnabled: false)
            let disabled = try await refusal { try await publish(id, version: 1, rig) }
            #expect(disabled?.reason == .notPublishable)
            _ = try await put(rig.id(), of: id, rig)
            let wrong = try await refusal { try await publish(id, version: 2, rig) }
            #expect(wrong?.reason == .versionConflict)
            #expect(wrong?.detail["current"] == 1)
            let published = try await publish(id, version: 1, rig)
            #expect(published.event.status == .published)
            #expect(published.event.version == 2)
            #expect(try await publish(id, version: 1, rig) == published)
            let unknown = try await refusal { try await publish(rig.id(), version: 1, rig) }
            #expect(unknown?.reason == .notFound)
        }
    }

    /// Both have pools, and a pool's id is theirs.
    @Test func anIdIsNotThatOfAnEventAndATicketType() throws {
        try Rig.run { rig in
            let (event, type) = (rig.id(), rig.id())
            _ = try await create(event, rig)
            _ = try await put(type, of: event, rig)
            let second = try await refusal { try await create(type, rig) }
            #expect(second?.reason == .invalidArgument)
            let other = try await refusal { try await put(event, of: event, rig) }
            #expect(other?.reason == .invalidArgument)
            #expect(try await rig.violations() == [])
        }
    }

    @Test func aTicketTypeIsReplacedByVersion() throws {
        try Rig.run { rig in
            let (event, type) = (rig.id(), rig.id())
            _ = try await create(event, rig)
            let made = try await put(type, of: event, rig, allocation: 50)
            #expect(made.ticketType.version == 1)
            #expect(made.ticketType.maxPerOrder == 10)
            #expect(try await put(type, of: event, rig, allocation: 50) == made)
            let other = try await refusal { try await put(type, of: event, rig, allocation: 51) }
            #expect(other?.detail["differingFields"] == ["allocation"])
            let next = try await put(type, of: event, rig, version: 1, allocation: 60)
            #expect(next.ticketType.version == 2)
            #expect(try await put(type, of: event, rig, version: 1, allocation: 60) == next)
            let late = try await refusal {
                try await put(type, of: event, rig, version: 1, allocation: 70)
            }
            #expect(late?.reason == .versionConflict)
            #expect(try await rig.pool(type).capacity == 60)
            let shown = try await rig.service.getEvent(
                GetEventRequest(eventId: event), rig.manager)
            #expect(shown.ticketTypes == [next.ticketType])
            #expect(try await rig.violations() == [])
        }
    }

    @Test func allocationsStayWithinTheEventAndAboveWhatIsTaken() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                capacity: 100, types: [TypeSpec(allocation: 60), TypeSpec(allocation: 40)])
            let over = try await refusal {
                try await put(rig.id(), of: event, rig, allocation: 1)
            }
            #expect(over?.reason == .allocationsExceedCapacity)
            #expect(over?.detail["sum"] == 101)
            #expect(over?.detail["capacity"] == 100)
            _ = try await rig.reserve(rig.id(), event, [(types[0], 7)])
            let low = try await refusal {
                try await put(types[0], of: event, rig, version: 1, allocation: 6)
            }
            #expect(low?.reason == .capacityBelowCommitted)
            #expect(low?.detail["committed"] == 7)
            #expect(low?.detail["shortfall"] == 1)
            _ = try await put(types[0], of: event, rig, version: 1, allocation: 7)
            let full = try await refusal { try await rig.reserve(rig.id(), event, [(types[0], 1)]) }
            #expect(full?.reason == .insufficientInventory)
            _ = try await put(types[0], of: event, rig, version: 2, allocation: nil)
            #expect(try await rig.reserve(rig.id(), event, [(types[0], 10)]).state == .active)
            #expect(try await rig.violations() == [])
        }
    }

    @Test func ticketTypesThatCannotBe() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec()])
            let (other, _) = try await rig.event(types: [TypeSpec()])
            let currency = try await refusal {
                try await put(rig.id(), of: event, rig, price: Money(1, Currency("USD")))
            }
            #expect(currency?.reason == .invalidArgument)
            let range = try await refusal {
                try await put(rig.id(), of: event, rig, least: 5, most: 4)
            }
            #expect(range?.reason == .invalidArgument)
            let moved = try await refusal { try await put(types[0], of: other, rig, version: 1) }
            #expect(moved?.reason == .invalidArgument)
            let unknown = try await refusal { try await put(rig.id(), of: rig.id(), rig) }
            #expect(unknown?.reason == .notFound)
            let ahead = try await refusal { try await put(rig.id(), of: event, rig, version: 1) }
            #expect(ahead?.reason == .notFound)
        }
    }
}
