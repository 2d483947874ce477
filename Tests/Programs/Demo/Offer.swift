import Contracts
import FoundationEssentials
import Lifecycle
import RPC

/// The event on sale, with the ids that it was given.
struct Offer: Sendable {
    struct TicketType: Sendable {
        let id: UUID
        let entry: EventFile.Entry
        var maxPerOrder: Int64 { entry.maxPerOrder ?? 8 }
        var demand: Int64 { entry.demand ?? 10 }
    }

    let eventID: UUID
    let file: EventFile
    let types: [TicketType]

    init(_ file: EventFile, world: World) {
        self.file = file
        eventID = world.newID()
        types = file.ticketTypes.map { TicketType(id: world.newID(), entry: $0) }
    }

    var places: Int64 { file.places }

    /// How long a buyer has to pay, at the most.
    var holdMs: Int64 { file.holdMs }

    /// What a buyer expects to pay, by the rule of the contract; nil where it does not fit.
    func total(of lines: [HoldLine]) -> Money? {
        var priced: [PricedLine] = []
        for line in lines {
            guard let type = types.first(where: { $0.id == line.ticketTypeId }),
                let price = LinePrice(
                    unitPrice: type.entry.price, quantity: line.quantity,
                    feePerTicket: file.feePerTicket ?? 0,
                    taxBasisPoints: type.entry.taxBasisPoints ?? 0)
            else { return nil }
            priced.append(
                PricedLine(
                    ticketTypeId: type.id, name: type.entry.name, quantity: line.quantity,
                    unitPrice: Money(price.unitPrice, file.currency),
                    fee: Money(price.fee, file.currency), tax: Money(price.tax, file.currency)))
        }
        return Totals(of: priced)?.total
    }

    /// Creates the event with its ticket types and puts it on sale.
    func publish(on inventory: Client, world: World) async throws {
        let dayMs: Int64 = 86_400_000
        let created = try await inventory.call(
            InventoryAPI.createEvent,
            CreateEventRequest(
                eventId: eventID, title: file.title, description: file.description,
                location: file.location,
                startsAt: world.now.advanced(byMs: file.startsInDays * dayMs),
                timezone: file.timezone, currency: file.currency, totalCapacity: file.capacity,
                feePerTicket: Money(file.feePerTicket ?? 0, file.currency),
                holdTtlMs: holdMs, maxHoldMs: holdMs, openCheckouts: .allow))
        for (index, type) in types.enumerated() {
            _ = try await inventory.call(
                InventoryAPI.putTicketType,
                PutTicketTypeRequest(
                    ticketTypeId: type.id, eventId: eventID, name: type.entry.name,
                    description: type.entry.description,
                    price: Money(type.entry.price, file.currency),
                    taxBasisPoints: type.entry.taxBasisPoints, allocation: type.entry.allocation,
                    maxPerOrder: type.maxPerOrder, sort: Int64(index)))
        }
        let current = try await inventory.call(
            InventoryAPI.getEvent, GetEventRequest(eventId: created.event.eventId))
        _ = try await inventory.call(
            InventoryAPI.publishEvent,
            PublishEventRequest(eventId: eventID, expectedVersion: current.event.version))
    }

}
