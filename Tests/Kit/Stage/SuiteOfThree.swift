public import Contracts
public import FoundationEssentials
public import Lifecycle
public import RPC
public import Support

/// All three services somewhere, and who calls them: what every test that sells something asks.
public protocol SuiteOfThree: Sendable {
    var test: TestWorld { get }

    func caller(_ identity: String, to service: String) -> any Caller
}

/// A published event.
public struct TestEvent: Sendable {
    public let id: UUID
    public let types: [UUID]

    public var type: UUID { types[0] }

    public init(id: UUID, types: [UUID]) {
        self.id = id
        self.types = types
    }
}

extension SuiteOfThree {
    public static var euro: Currency { Currency("EUR") }

    /// A published event of so many places; of each of several types an order may have as many
    /// tickets as it can.
    public func event(
        capacity: Int64 = 10, types: Int = 1, price: Int64 = 5_000, entitlements: [String] = [],
        openCheckouts: OpenCheckouts? = .allow, salesStart: Instant? = nil
    ) async throws -> TestEvent {
        let staff = caller("operator", to: "inventory")
        let event = TestEvent(
            id: test.world.newID(), types: (0..<types).map { _ in test.world.newID() })
        _ = try await staff.call(
            InventoryAPI.createEvent,
            CreateEventRequest(
                eventId: event.id, title: "Concert",
                startsAt: test.clock.now().advanced(byMs: 86_400_000), currency: Self.euro,
                totalCapacity: capacity, feePerTicket: Money(100, Self.euro),
                salesStart: salesStart, openCheckouts: openCheckouts))
        for type in event.types {
            _ = try await staff.call(
                InventoryAPI.putTicketType,
                PutTicketTypeRequest(
                    ticketTypeId: type, eventId: event.id, name: "Stalls",
                    price: Money(price, Self.euro), taxBasisPoints: 1_900,
                    maxPerOrder: types > 1 ? Bounds.ticketsPerLine.upperBound : nil,
                    requiredEntitlements: entitlements))
        }
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
