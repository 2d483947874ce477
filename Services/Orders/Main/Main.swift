import Command
import Contracts
import Orders
import Publishing
import Storage

@main
struct Main {
    static func main() async {
        await Program(
            "orders", "runs every purchase as a saga, and keeps orders and tickets", port: 7102,
            methods: OrdersAPI.methods, migrate: OrdersSchema.mover,
            peers: ["inventory", "payments"], guide: Guide.text
        ) { setup in
            let database = try await Database.open(
                try DatabaseLocation(parsing: setup.configuration.database, for: "orders"),
                migrations: OrdersSchema.migrations, world: setup.world)
            let client = setup.client
            func peers() throws -> OrdersService.Peers {
                .init(inventory: try client("inventory"), payments: try client("payments"))
            }
            let service = try await OrdersService(
                world: setup.world, database: database, peers: try peers(), readers: try peers(),
                ticketKeys: TicketKeys(try setup.ticketKeys(), current: setup.ticketKeyNumber))
            return Program.Parts(
                register: service.register, jobs: service.jobs, store: { database.mark },
                close: { await database.close() })
        }.main()
    }
}
