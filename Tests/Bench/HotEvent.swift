import Contracts
import FoundationEssentials
import Lifecycle
import RPC

/// An event on sale with one ticket type and room for everybody.
struct HotEvent: Sendable {
    let eventID: UUID
    let typeID: UUID

    /// - Parameter staff: a client of Inventory that may set up events.
    init(_ staff: Client, world: World) async throws {
        eventID = world.newID()
        typeID = world.newID()
        let euro = Currency("EUR")
        let created = try await staff.call(
            InventoryAPI.createEvent,
            CreateEventRequest(
                eventId: eventID, title: "A hot event",
                startsAt: world.now.advanced(byMs: 86_400_000), currency: euro,
                totalCapacity: 100_000_000))
        _ = try await staff.call(
            InventoryAPI.putTicketType,
            PutTicketTypeRequest(
                ticketTypeId: typeID, eventId: eventID, name: "Standing", price: Money(4_500, euro),
                allocation: 100_000_000))
        _ = try await staff.call(
            InventoryAPI.publishEvent,
            PublishEventRequest(eventId: eventID, expectedVersion: created.event.version))
    }
}
