public import Lifecycle
public import Net

extension World {
    /// The machine's own clock and randomness, on a loop of the program's.
    public static func real(on loop: EventLoop) -> World {
        World(
            scheduler: loop, clock: SystemClock(), random: KernelRandom(), log: .silent,
            metrics: Metrics())
    }
}

extension ServiceSuite {
    /// Starts the services on files of their own, has `body` work with them, and ends them. The
    /// folder goes too.
    ///
    /// - Parameters:
    ///   - name: of folder and loop.
    ///   - only: the one service that is started.
    public static func run<Value: Sendable>(
        named name: String, settings: [String: String] = [:], only: ServiceName? = nil,
        _ body: @escaping @Sendable (ServiceSuite, WorkFolder, World) async throws -> Value
    ) async throws -> Value {
        let folder = try WorkFolder(named: "turnstile-\(name)")
        defer { folder.remove() }
        let loop = try EventLoop()
        try loop.start(name: name)
        defer { loop.stop() }
        let world = World.real(on: loop)
        let suite = try ServiceSuite(
            in: folder, settings: settings, world: world, on: TCPNetwork(loop: loop))
        defer { suite.killAll() }
        return try await loop.spawn {
            if let only { try await suite.start(only) } else { try await suite.start() }
            return try await body(suite, folder, world)
        }.value
    }
}
