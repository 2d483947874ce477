import Command
import Contracts
import Payments
import Publishing
import Storage

@main
struct Main {
    static func main() async {
        await Program(
            "payments", "takes and gives back money, and keeps the books", port: 7103,
            methods: PaymentsAPI.methods, migrate: PaymentsSchema.mover, peers: ["orders"],
            settings: [.init("TURNSTILE_SIM", "--sim", "how sim behaves: seed=7,slowMs=500")]
        ) { setup in
            let place = try DatabaseLocation(parsing: setup.configuration.database, for: "payments")
            let database = try await Database.open(
                place, migrations: PaymentsSchema.migrations, world: setup.world)
            let sim = try await SimProvider.open(
                place.beside("sim"), setup.configuration["TURNSTILE_SIM"],
                webhookSecrets: setup.webhookSecrets(of: "sim"), world: setup.world)
            let service = PaymentsService(
                world: setup.world, database: database, providers: [sim],
                orders: try setup.client(of: "orders"))
            return Program.Parts(
                register: service.register, jobs: service.jobs, store: { database.mark },
                close: { _ = await (database.close(), sim.close()) })
        }.main()
    }
}
