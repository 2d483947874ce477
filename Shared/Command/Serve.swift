internal import FoundationEssentials
internal import Lifecycle
internal import Net
internal import RPC

extension Program {
    /// Serves until SIGTERM: opens, starts jobs and server, drains, closes.
    ///
    /// Whatever is said from the first moment on, a wrong setting too, goes through `writer`.
    func serve(
        _ flags: [String: String], _ environment: [String: String], to writer: LogWriter
    ) async throws {
        let clock = SystemClock()
        let log = Log(service: name, least: .info, clock: clock, to: writer)
        let shutdown = Shutdown()
        try shutdown.listenToSignals { signal in
            log.info("signal_ignored", ["signal": signal])
        }
        let configuration = try Configuration(of: self, flags: flags, environment: environment)
        let loop = try EventLoop()
        try loop.start(name: "loop")
        let world = World(
            scheduler: loop, clock: clock, random: KernelRandom(), log: log,
            metrics: Metrics(), failpoint: Failpoint(configuration["TURNSTILE_FAILPOINT"]))
        let task = loop.spawn {
            try await run(
                configuration, TCPNetwork(loop: loop, log: world.log), world, shutdown)
        }
        try await task.value
    }

    private func run(
        _ configuration: Configuration, _ network: TCPNetwork, _ world: World, _ shutdown: Shutdown
    ) async throws {
        let openFiles = OpenFiles.raiseLimit()
        world.log.info(
            "starting",
            [
                "version": Self.version, "configuration": configuration.summary,
                "openFiles": openFiles,
            ])
        if configuration.isOpenToOthers {
            world.log.warning(
                "credentials.open_to_others",
                [
                    "file": configuration.credentialsFile,
                    "remedy": "every account here can read it; chmod 600 it",
                ])
        }
        let parts = try await open(
            Setup(
                world: world, configuration: configuration, shutdown: shutdown, network: network))
        var router = Router(log: world.log, failpoint: world.failpoint)
        parts.register(&router)
        let server = Server(
            .init(service: name, store: parts.store), router: router,
            credentials: configuration.credentials, world: world,
            limits: RPCLimits().fitting(openFiles: openFiles))
        let group = ServiceGroup(
            parts.jobs + [Serving(server: server, at: configuration.listen, on: network)],
            world: world)
        do {
            try await group.run(until: shutdown)
        } catch {
            await parts.close()
            throw error
        }
        await parts.close()
        world.log.info("stopped")
    }
}

/// A server as a service of the group: last to start, first to stop.
private struct Serving: Service {
    let name = "server"
    private let server: Server
    private let address: Address
    private let network: TCPNetwork

    init(server: Server, at address: Address, on network: TCPNetwork) {
        self.server = server
        self.address = address
        self.network = network
    }

    func run() async throws {
        let world = server.world
        let bound: Address
        do { bound = try await server.start(at: address, on: network) } catch let error as NetError
            where error.code != .addressInUse
        {
            throw ConfigurationError("TURNSTILE_LISTEN: cannot listen at \(address): \(error)")
        }
        world.log.info("listening", ["address": bound.description])
        // Sleeps until it is cancelled; draining must not be cancelled with it.
        while (try? await world.scheduler.sleep(ms: 3_600_000)) != nil {}
        try await world.scheduler.spawn { await server.stop() }.value
    }
}
