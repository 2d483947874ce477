import Contracts
import FoundationEssentials
import Lifecycle
import RPC

/// Events on sale, all with as many ticket types and room for everybody.
struct Programme: Sendable {
    struct Choice: Sendable {
        let eventID: UUID
        let typeID: UUID
    }

    let choices: [Choice]

    /// - Parameter staff: a client of Inventory that may set up events.
    init(events: Int, typesOfEach: Int, _ staff: Client, world: World) async throws {
        var choices: [Choice] = []
        for _ in 0..<events {
            choices += try await Self.event(typesOfEach, staff, world)
        }
        self.choices = choices
    }

    /// One event with one ticket type, which everybody wants.
    static func hot(_ staff: Client, world: World) async throws -> Programme {
        try await Programme(events: 1, typesOfEach: 1, staff, world: world)
    }

    /// Any ticket type, as one buyer after the other asks for another one.
    var any: Choice { choices[Int.random(in: choices.indices)] }

    private static func event(
        _ types: Int, _ staff: Client, _ world: World
    ) async throws -> [Choice] {
        let (eventID, euro) = (world.newID(), Currency("EUR"))
        let places: Int64 = 100_000_000
        let created = try await staff.call(
            InventoryAPI.createEvent,
            CreateEventRequest(
                eventId: eventID, title: "An event",
                startsAt: world.now.advanced(byMs: 86_400_000), currency: euro,
                totalCapacity: places))
        let choices = (0..<types).map { _ in Choice(eventID: eventID, typeID: world.newID()) }
        for choice in choices {
            _ = try await staff.call(
                InventoryAPI.putTicketType,
                PutTicketTypeRequest(
                    ticketTypeId: choice.typeID, eventId: eventID, name: "Standing",
                    price: Money(4_500, euro), allocation: places / Int64(types)))
        }
        _ = try await staff.call(
            InventoryAPI.publishEvent,
            PublishEventRequest(eventId: eventID, expectedVersion: created.event.version))
        return choices
    }
}
