internal import Contracts
internal import Lifecycle
internal import Net
internal import RPC
internal import Storage

extension Program {
    /// Moves the store to where the configuration says, and checks every invariant there.
    ///
    /// - Parameter patienceMs: how long peers that were started a moment ago may take to serve.
    func migrateStore(
        _ source: String, _ configuration: Configuration, patienceMs: Int64 = 15_000
    ) async throws -> Int32 {
        let loop = try EventLoop()
        try loop.start(name: "loop")
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
        let peers = TCPNetwork(loop: loop)
        let status = try await loop.spawn {
            try await verify(configuration, world, peers, patienceMs)
        }.value
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

    /// Opens the service over its store without serving it, and has it verify itself: it is asked
    /// in memory, by an operator that only this process knows, and asks its peers, which serve,
    /// over `peers`.
    private func verify(
        _ configuration: Configuration, _ world: World, _ peers: any Network, _ patienceMs: Int64
    ) async throws -> Int32 {
        let secret = world.random.bytes(32)
        let network = MemoryNetwork(scheduler: world.scheduler)
        let setup = Setup(
            world: world, configuration: configuration, shutdown: Shutdown(), network: peers)
        try await awaitPeers(setup, patienceMs)
        let parts = try await open(setup)
        var router = Router(log: world.log)
        parts.register(&router)
        let server = Server(
            .init(service: name, store: parts.store), router: router,
            credentials: Credentials(identities: [
                "operator": .init(secrets: [secret], roles: [.operator])
            ]), world: world)
        let address = try await server.start(at: .loopback(), on: network)
        let client = Client(
            to: name, at: address, on: network,
            as: Credential(identity: "operator", secret: secret), world: world)
        let console = Console(program: self, client: client, world: world, timeoutMs: 30_000)
        let status = try await console.verify(settles: false)
        client.close()
        await server.stop()
        await parts.close()
        return status
    }

    /// Returns once all peers serve, or in vain: then the check says which does not.
    private func awaitPeers(_ setup: Setup, _ patienceMs: Int64) async throws {
        let scheduler = setup.world.scheduler
        let limit = scheduler.uptimeNanoseconds &+ UInt64(max(0, patienceMs)) * 1_000_000
        for peer in peers {
            let client = try setup.client(of: peer)
            defer { client.close() }
            while scheduler.uptimeNanoseconds < limit {
                let health = try? await client.call(
                    Method.health(of: peer), HealthRequest(),
                    CallOptions(timeoutMs: 1_000, attempts: 1))
                if health != nil { break }
                try await scheduler.sleep(ms: 100)
            }
        }
    }
}
