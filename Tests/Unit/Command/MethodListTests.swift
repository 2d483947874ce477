import Contracts
import Inventory
import Lifecycle
import Orders
import Payments
import RPC
import Storage
import Support
import Testing
import Wire

@testable import Command

/// What `describe` lists is what is served, and each method can be described and called by hand.
@Suite struct MethodListTests {
    @Test func theListsHoldWhatIsServed() throws {
        let test = TestWorld()
        let world = test.world
        try test.run {
            func open(_ migrations: [Migration]) async throws -> Database {
                try await Database.open(.memory, migrations: migrations, world: world)
            }
            let inventory = InventoryService(
                world: world, database: try await open(InventorySchema.migrations),
                timeZones: TimeZones([]))
            let payments = PaymentsService(
                world: world, database: try await open(PaymentsSchema.migrations), providers: [],
                orders: NoPeer())
            let orders = try await OrdersService(
                world: world, database: try await open(OrdersSchema.migrations),
                peers: .init(inventory: NoPeer(), payments: NoPeer()),
                readers: .init(inventory: NoPeer(), payments: NoPeer()),
                ticketKeys: TicketKeys([1: [UInt8](repeating: 1, count: 32)]))
            for (listed, register) in [
                (InventoryAPI.methods, inventory.register), (OrdersAPI.methods, orders.register),
                (PaymentsAPI.methods, payments.register),
            ] {
                var router = Router(log: world.log)
                register(&router)
                #expect(listed.map(\.name).sorted() == router.methods.map(\.name))
            }
        }
    }

    static let methods = InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods

    @Test(arguments: methods.map(\.name))
    func isDescribed(_ name: String) throws {
        let method = try #require(MethodListTests.methods.first { $0.name == name })
        #expect(!method.summary.isEmpty && !method.callers.isEmpty)
        for field in method.request + method.reply {
            #expect(method.description.contains(field.name))
        }
        #expect(throws: FieldErrors.self) { try method.request.encode(json: #"{"typo": 1}"#) }
    }
}

/// A peer that is not there.
private struct NoPeer: RPC.Caller {
    func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ options: CallOptions
    ) async throws -> Reply {
        throw RPCError(.unavailable, "nobody is there", executed: false)
    }
}
