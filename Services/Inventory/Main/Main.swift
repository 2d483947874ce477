import Command
import Contracts
import Inventory
import Publishing
import Storage

@main
struct Main {
    static func main() async {
        await Program(
            "inventory", "owns events and every ticket that is held or sold", port: 7101,
            methods: InventoryAPI.methods, migrate: InventorySchema.mover
        ) { setup in
            let database = try await Database.open(
                try DatabaseLocation(parsing: setup.configuration.database, for: "inventory"),
                migrations: InventorySchema.migrations, world: setup.world)
            let service = InventoryService(
                world: setup.world, database: database, timeZones: try TimeZones.ofSystem())
            return Program.Parts(
                register: service.register, jobs: service.jobs, store: { database.mark },
                close: { await database.close() })
        }.main()
    }
}
