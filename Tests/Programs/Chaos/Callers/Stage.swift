import Contracts
import FoundationEssentials
import Lifecycle
import RPC

/// The event on sale: much of two ticket types, and too little of the third.
struct Stage: Sendable {
    static let capacity: Int64 = 200_000
    static let scarce: Int64 = 150
    /// Short, so that what is left lying comes back before the round is judged.
    static let holdMs: Int64 = 8_000

    let event: UUID
    let plenty: UUID
    let more: UUID
    let few: UUID

    init(_ world: World) {
        (event, plenty, more, few) = (world.newID(), world.newID(), world.newID(), world.newID())
    }

    /// Creates the event with its ticket types and puts it on sale.
    func open(_ inventory: Client, _ world: World) async throws {
        let euro = Currency("EUR")
        _ = try await inventory.call(
            InventoryAPI.createEvent,
            CreateEventRequest(
                eventId: event, title: "Chaos", startsAt: world.now.advanced(byMs: 864_000_000),
                currency: euro, totalCapacity: Self.capacity, feePerTicket: Money(150, euro),
                holdTtlMs: Self.holdMs, maxHoldMs: Self.holdMs * 3 / 2,
                openCheckouts: .allow))
        let most = Bounds.ticketsPerLine.upperBound
        for (id, name, price, allocation, perOrder) in [
            (plenty, "Stalls", 5_000, Self.capacity / 2, most),
            (more, "Circle", 4_000, Self.capacity / 2 - Self.scarce, most),
            (few, "Box", 14_900, Self.scarce, 8),
        ] as [(UUID, String, Int64, Int64, Int64)] {
            _ = try await inventory.call(
                InventoryAPI.putTicketType,
                PutTicketTypeRequest(
                    ticketTypeId: id, eventId: event, name: name, price: Money(price, euro),
                    taxBasisPoints: 700, allocation: allocation, maxPerOrder: perOrder))
        }
        let current = try await inventory.call(
            InventoryAPI.getEvent, GetEventRequest(eventId: event))
        _ = try await inventory.call(
            InventoryAPI.publishEvent,
            PublishEventRequest(eventId: event, expectedVersion: current.event.version))
    }
}
