internal import Lifecycle
internal import Net
internal import RPC
internal import Storage

extension Program {
    /// Moves the store to where the configuration says, and checks every invariant there.
    func migrateStore(_ source: String, _ configuration: Configuration) async throws -> Int32 {
        // Before anything is moved that could not be checked.
        guard let credential = configuration.credentials.credential(for: "operator") else {
            throw ConfigurationError("the credentials file has no identity \"operator\"")
        }
        let loop = try EventLoop()
        loop.start(name: "loop")
        let clock = SystemClock()
        let world = World(
            scheduler: loop, clock: clock, random: KernelRandom(),
            log: Log(service: name, least: .warning, clock: clock, sink: { Output.error($0) }),
            metrics: Metrics())
        let (source, from) = (DatabaseLocation.masked(source), source)
        let target = DatabaseLocation.masked(configuration.database)
        Output.print("\(name): moving \(source) to \(target)")
        var (tables, rows) = (0, Int64(0))
        let isNew = try migrate(from, configuration.database, world) { table, count in
            Output.print("  \(count)\t\(table)")
            tables += 1
            rows += count
        }
        Output.print(
            isNew
                ? "\(name): \(rows) rows of \(tables) tables moved, each compared"
                : "\(name): it was moved before; nothing is copied again")
        let status = try await loop.spawn { try await verify(configuration, credential, world) }
            .value
        guard status == 0 else {
            Output.error(
                "\(name): the store is moved, but what is above must be mended; then run "
                    + "migrate-store again")
            return status
        }
        Output.print(
            "\(name): serve with TURNSTILE_DATABASE=\(target); no service opens \(source) any more")
        return 0
    }

    /// Opens the service over its store without serving it, and has it verify itself.
    private func verify(
        _ configuration: Configuration, _ credential: Credential, _ world: World
    ) async throws -> Int32 {
        let network = MemoryNetwork(scheduler: world.scheduler)
        let parts = try await open(
            Setup(
                world: world, configuration: configuration, shutdown: Shutdown(),
                network: network))
        var router = Router(log: world.log)
        parts.register(&router)
        let server = Server(
            .init(service: name, store: parts.store), router: router,
            credentials: configuration.credentials, world: world)
        let address = try await server.start(at: .loopback(), on: network)
        let client = Client(to: name, at: address, on: network, as: credential, world: world)
        let console = Console(program: self, client: client, world: world, timeoutMs: 30_000)
        let status = try await console.verify(settles: false)
        client.close()
        await server.stop()
        await parts.close()
        return status
    }
}
