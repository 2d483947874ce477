public import Contracts
public import FoundationEssentials
public import Lifecycle
public import RPC

/// Events on sale, all with as many ticket types and room for all buyers unless it
/// is said how many.
public struct Programme: Sendable {
    public struct Choice: Sendable {
        public let eventID: UUID
        public let typeID: UUID

        /// Two of its tickets, fenced for an order of the same id or for nobody.
        public func reserve(_ id: UUID, isFenced: Bool = true) -> ReserveRequest {
            ReserveRequest(
                holdId: id, eventId: eventID, owner: "user:4711-0815-bench",
                lines: [HoldLine(ticketTypeId: typeID, quantity: 2)], purpose: .checkout,
                fence: isFenced ? Fence(orderId: id, epoch: 1) : nil)
        }

        /// Some of its tickets in one call.
        public func purchase(_ id: UUID, owner: String, quantity: Int64 = 2) -> PurchaseRequest {
            PurchaseRequest(
                purchaseId: id, owner: owner, contact: Contact(email: "buyer@example.org"),
                eventId: eventID, items: [HoldLine(ticketTypeId: typeID, quantity: quantity)],
                provider: "sim", paymentMethod: "sim_ok")
        }
    }

    public let choices: [Choice]

    /// - Parameters:
    ///   - places: how many each event has.
    ///   - staff: a client of Inventory that may set up events.
    public init(
        events: Int, typesOfEach: Int, places: Int64 = 100_000_000, _ staff: Client, world: World
    ) async throws {
        var choices: [Choice] = []
        for _ in 0..<events {
            choices += try await Self.event(typesOfEach, places, staff, world)
        }
        self.choices = choices
    }

    /// One event with one ticket type, which everybody wants.
    public static func hot(_ staff: Client, world: World) async throws -> Programme {
        try await Programme(events: 1, typesOfEach: 1, staff, world: world)
    }

    /// Any ticket type, as one buyer after the other asks for another one.
    public var any: Choice { choices[Int.random(in: choices.indices)] }

    private static func event(
        _ types: Int, _ places: Int64, _ staff: Client, _ world: World
    ) async throws -> [Choice] {
        let (eventID, euro) = (world.newID(), Currency("EUR"))
        let created = try await staff.call(
            InventoryAPI.createEvent,
            CreateEventRequest(
                eventId: eventID, title: "An event",
                startsAt: world.now.advanced(byMs: 86_400_000), currency: euro,
                totalCapacity: places, openCheckouts: .allow))
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
