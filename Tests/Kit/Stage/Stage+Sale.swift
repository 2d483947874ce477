public import Contracts
public import FoundationEssentials
import Lifecycle
import RPC
import Support

/// An event with one ticket type.
public struct TestEvent: Sendable {
    public let id: UUID
    public let type: UUID
}

extension Stage {
    /// A published event with one ticket type of so many places.
    public func event(
        capacity: Int64 = 10, price: Int64 = 5_000, entitlements: [String] = [],
        openCheckouts: OpenCheckouts? = .allow
    ) async throws -> TestEvent {
        let staff = caller("operator", to: "inventory")
        let event = TestEvent(id: test.world.newID(), type: test.world.newID())
        _ = try await staff.call(
            InventoryAPI.createEvent,
            CreateEventRequest(
                eventId: event.id, title: "Concert",
                startsAt: test.clock.now().advanced(byMs: 86_400_000), currency: Self.euro,
                totalCapacity: capacity, feePerTicket: Money(100, Self.euro),
                openCheckouts: openCheckouts))
        _ = try await staff.call(
            InventoryAPI.putTicketType,
            PutTicketTypeRequest(
                ticketTypeId: event.type, eventId: event.id, name: "Stalls",
                price: Money(price, Self.euro), taxBasisPoints: 1_900,
                requiredEntitlements: entitlements))
        _ = try await staff.call(
            InventoryAPI.publishEvent,
            PublishEventRequest(eventId: event.id, expectedVersion: 1))
        return event
    }

    /// A purchase in one call.
    public func request(
        _ event: TestEvent, id: UUID? = nil, quantity: Int64 = 2, method: String? = "sim_ok",
        expected: Int64? = nil, owner: String = "ann", waitMs: Int64? = nil
    ) -> PurchaseRequest {
        PurchaseRequest(
            purchaseId: id ?? test.world.newID(), owner: owner,
            contact: Contact(email: "ann@example.org"), eventId: event.id,
            items: [HoldLine(ticketTypeId: event.type, quantity: quantity)],
            provider: method == nil ? nil : "sim", paymentMethod: method,
            expectedTotal: expected.map { Money($0, Self.euro) }, waitMs: waitMs)
    }

    /// What each service says of its own invariants and, for Orders, of all three.
    public func verify() async throws -> [(service: String, reply: VerifyReply)] {
        let methods = [
            ("inventory", InventoryAPI.verifyInvariants),
            ("payments", PaymentsAPI.verifyInvariants), ("orders", OrdersAPI.verifyInvariants),
        ]
        var replies: [(service: String, reply: VerifyReply)] = []
        for (service, method) in methods {
            let reply = try await caller("operator", to: service).call(method, VerifyRequest())
            replies.append((service, reply))
        }
        return replies
    }
}
