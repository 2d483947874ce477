internal import Contracts
internal import FoundationEssentials
internal import Glibc
public import Lifecycle
public import Net
public import RPC
internal import Synchronization

/// The three services as processes, each on an embedded database of its own in one folder, on
/// free ports of the loopback, with secrets made for the occasion.
public final class ServiceSuite: Sendable {
    /// What became of a service that nobody asked to end.
    public struct Death: Sendable {
        public let service: ServiceName
        public let ending: ChildProcess.Ending
        public let lastLines: [String]
    }

    /// Where a service runs.
    public struct Place: Sendable {
        public let address: Address
        /// The command that runs another one there; empty on this machine itself.
        public let inside: [String]

        public init(address: Address, inside: [String] = []) {
            self.address = address
            self.inside = inside
        }
    }

    public let credentials: SuiteCredentials
    private let folder: WorkFolder
    private let programs: String
    private let world: World
    public let network: any Network
    private let places: [ServiceName: Place]
    /// Where the second instance of each is, in another suite over the same databases.
    private let others: [ServiceName: Place]
    private let settings: [String: String]
    private let ownSettings = Mutex<[ServiceName: [String: String]]>([:])
    private let children = Mutex<[ServiceName: ChildProcess]>([:])
    private let deaths = Mutex<[Death]>([])
    private let started = Mutex<[Int32]>([])

    /// - Parameters:
    ///   - programs: the folder that holds the executables.
    ///   - settings: further environment variables of all three.
    ///   - places: free ports of the loopback when nothing is said.
    public convenience init(
        in folder: WorkFolder, programs: String = ServiceSuite.builtPrograms,
        settings: [String: String] = [:], places: [ServiceName: Place]? = nil, world: World,
        on network: any Network
    ) throws {
        try self.init(
            in: folder, programs: programs, settings: settings,
            credentials: SuiteCredentials(random: world.random),
            places: try places ?? Self.placesOnLoopback(1)[0], others: [:], world: world,
            on: network)
    }

    private init(
        in folder: WorkFolder, programs: String, settings: [String: String],
        credentials: SuiteCredentials, places: [ServiceName: Place],
        others: [ServiceName: Place], world: World, on network: any Network
    ) throws {
        self.folder = folder
        self.programs = programs
        self.settings = settings
        self.world = world
        self.network = network
        self.credentials = credentials
        self.places = places
        self.others = others
        try credentials.write(to: try folder.folder("credentials"))
    }

    /// Two instances of each service over the databases that the settings name. Whoever is sent to
    /// one of a suite goes on to the one of the other when that is gone.
    public static func pair(
        in folder: WorkFolder, settings: [String: String], world: World, on network: any Network
    ) throws -> [ServiceSuite] {
        let places = try placesOnLoopback(2)
        let credentials = SuiteCredentials(random: world.random)
        return try zip(zip(["a", "b"], places), places.reversed()).map {
            try ServiceSuite(
                in: try folder.folder($0.0), programs: builtPrograms, settings: settings,
                credentials: credentials, places: $0.1, others: $1, world: world, on: network)
        }
    }

    private static func placesOnLoopback(_ count: Int) throws -> [[ServiceName: Place]] {
        var ports = try FreePorts.find(ServiceName.allCases.count * count)[...]
        return (0..<count).map { _ in
            Dictionary(
                uniqueKeysWithValues: zip(ServiceName.allCases, ports).map {
                    ports.removeFirst()
                    return ($0, Place(address: .loopback(port: $1)))
                })
        }
    }

    /// Where the build puts executables: beside the program that runs.
    public static var builtPrograms: String {
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        guard let program, let slash = program.lastIndex(of: "/") else { return "." }
        return String(program[..<slash])
    }

    /// Starts all three and returns once each answers.
    public func start() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in ServiceName.allCases {
                group.addTask { try await self.start(service) }
            }
            for try await _ in group {}
        }
    }

    /// Starts one service and returns once it answers, at most 30 s later.
    public func start(_ service: ServiceName) async throws {
        try await ready(service, await launch(service))
    }

    /// Starts one service, which may die before it answers.
    @discardableResult
    public func launch(
        _ service: ServiceName, with extras: [String: String] = [:]
    ) async throws -> ChildProcess {
        let command = (places[service]?.inside ?? []) + ["\(programs)/\(service)", "serve"]
        let child = try await ChildProcess.start(
            command[0], Array(command.dropFirst()),
            environment: environment(of: service).merging(extras) { _, new in new },
            log: logFile(of: service))
        children.withLock { $0[service] = child }
        started.withLock { $0.append(child.processID) }
        world.scheduler.spawn { [self] in await watch(service, child) }
        return child
    }

    /// Ends a service between two instructions, as a power cut would.
    public func kill(_ service: ServiceName) async { await end(service, SIGKILL) }

    /// Asks a service to finish what it does and to go; one that has not gone in time is killed.
    /// Nil when it does not run.
    @discardableResult
    public func stop(
        _ service: ServiceName, withinMs limitMs: Int64 = 15_000
    ) async -> ChildProcess.Ending? {
        let child = children.withLock { $0[service] }
        let timer = world.scheduler.schedule(afterMs: limitMs) { child?.send(SIGKILL) }
        defer { timer.cancel() }
        return await end(service, SIGTERM)
    }

    /// Sends a signal that a service survives.
    public func send(_ signal: Int32, to service: ServiceName) {
        children.withLock { $0[service] }?.send(signal)
    }

    /// A further environment variable of one service, from its next start on; nil takes it away.
    public func set(_ name: String, to value: String?, for service: ServiceName) {
        ownSettings.withLock { $0[service, default: [:]][name] = value }
    }

    /// Asks all three to finish what they do and to go; who has not gone after 15 s is killed.
    public func stop() async {
        await withTaskGroup { group in
            for service in ServiceName.allCases {
                group.addTask { [self] in await stop(service) }
            }
        }
    }

    /// Ends all three at once, without waiting for them.
    public func killAll() {
        let all = children.withLock { children in
            defer { children = [:] }
            return children
        }
        for service in ServiceName.allCases { all[service]?.send(SIGKILL) }
    }

    /// A client of its own connection, past whatever stands `between` it and the service.
    public func client(
        of service: ServiceName, as identity: String, through between: Address? = nil
    ) -> Client {
        Client(
            to: service.rawValue, at: between.map { [$0] } ?? addresses(of: service), on: network,
            as: credentials.credential(of: identity), world: world)
    }

    public func address(of service: ServiceName) -> Address {
        places[service]?.address ?? .loopback()
    }

    private func addresses(of service: ServiceName) -> [Address] {
        [address(of: service)] + (others[service].map { [$0.address] } ?? [])
    }

    /// What a service, `gateway`, `reseller` or `operator` is given.
    public func credentialsFile(of party: String) -> String {
        folder.file("credentials/\(party).json")
    }

    public func logFile(of service: ServiceName) -> String { folder.file("\(service).log") }

    public func processID(of service: ServiceName) -> Int32? {
        children.withLock { $0[service]?.processID }
    }

    /// Of every process that was started here.
    public var everyProcessID: [Int32] { started.withLock { $0 } }

    /// Services that ended by themselves.
    public var unexpectedDeaths: [Death] { deaths.withLock { $0 } }

    // MARK: One child

    private func environment(of service: ServiceName) -> [String: String] {
        var variables = [
            "PATH": "/usr/bin:/bin",
            "TURNSTILE_LISTEN": address(of: service).description,
            "TURNSTILE_DATABASE": "sqlite:\(folder.file("\(service).db"))",
            "TURNSTILE_CREDENTIALS": credentialsFile(of: service.rawValue),
        ]
        for peer in ServiceName.allCases where peer != service {
            variables["TURNSTILE_\(peer.rawValue.uppercased())"] =
                addresses(of: peer).map(\.description).joined(separator: ",")
        }
        return variables.merging(settings) { _, new in new }
            .merging(ownSettings.withLock { $0[service] } ?? [:]) { _, new in new }
    }

    @discardableResult
    private func end(_ service: ServiceName, _ signal: Int32) async -> ChildProcess.Ending? {
        // Out of the table first: whoever is not in it is not missed.
        guard let child = children.withLock({ $0.removeValue(forKey: service) }) else {
            return nil
        }
        child.send(signal)
        return await child.ending()
    }

    private func watch(_ service: ServiceName, _ child: ChildProcess) async {
        let ending = await child.ending()
        let wasMissed = children.withLock { children in
            guard children[service] === child else { return false }
            children[service] = nil
            return true
        }
        guard wasMissed else { return }
        let lines = folder.lastLines(of: "\(service).log")
        deaths.withLock {
            $0.append(Death(service: service, ending: ending, lastLines: lines))
        }
    }

    private func ready(_ service: ServiceName, _ child: ChildProcess) async throws {
        let giveUp = world.scheduler.uptimeNanoseconds + 30_000_000_000
        while world.scheduler.uptimeNanoseconds < giveUp {
            if child.hasEnded { break }
            // A fresh client each time: one that has failed waits longer and longer.
            let client = client(of: service, as: "operator")
            defer { client.close() }
            if await answers(client, service) { return }
            try await world.scheduler.sleep(ms: 10)
        }
        let lines = folder.lastLines(of: "\(service).log").map { "\n  \($0)" }.joined()
        let what = child.hasEnded ? "\(await child.ending())" : "did not answer within 30 s"
        throw ProcessError("\(service) \(what); its log ends with\(lines)")
    }

    private func answers(_ client: Client, _ service: ServiceName) async -> Bool {
        let options = CallOptions(timeoutMs: 2_000, attempts: 1)
        return (try? await client.call(service.api.stats, StatsRequest(), options)) != nil
    }
}
