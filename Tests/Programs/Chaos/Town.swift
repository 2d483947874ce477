import FoundationEssentials
import Glibc
import Lifecycle
import Net
import Processes
import Support

/// Where a round takes place: the three services, and what stands between all of them.
final class Town: Sendable {
    /// How long buyers take on the provider's page.
    static let actionMs: Int64 = 1_500
    static let simSettings =
        "replyLimitMs=1500,slowMs=400,lateMs=2500,actionMs=\(actionMs),webhookBp=10000,"
        + "webhookLateBp=1000,webhookLateMs=2000,webhookTwiceBp=1000"

    let folder: WorkFolder
    let world: World
    let suite: ServiceSuite
    /// What they keep everything in, if that is not files of their own.
    let server: DatabaseServer?
    let random: SeededRandom
    let toll: Toll
    let proxy: Proxy?
    let clocks: Clocks?
    let network: PrivateNetwork?
    let checker: Checker

    init(
        _ round: Round, in folder: WorkFolder, world: World, on loop: any Network
    ) async throws {
        self.folder = folder
        self.world = world
        toll = round.toll
        random = SeededRandom(seed: round.seed)
        server = round.options.postgresql.map {
            DatabaseServer(
                in: folder.file("postgresql"), script: $0, log: folder.file("postgresql.log"))
        }
        checker = Checker(
            folder: folder, scripts: round.options.scripts, postgresql: server?.address)
        network = round.lane == .partitions ? try await PrivateNetwork(in: folder) : nil
        var settings = [
            "TURNSTILE_SIM": Self.simSettings, "SWIFT_BACKTRACE": "enable=no",
            "TURNSTILE_PLAINTEXT": network == nil ? "loopback" : "private-network",
        ]
        if let server {
            try folder.open()
            try await server.start()
            settings["TURNSTILE_DATABASE"] = server.address
        }
        let ports = try Self.proxyPorts(round.lane)
        for (link, port) in ports {
            guard let name = link.setting else { continue }
            settings[name] = Address.loopback(port: port).description
        }
        suite = try ServiceSuite(
            in: folder,
            programs: round.lane == .steps
                ? round.options.failpointPrograms : ServiceSuite.builtPrograms,
            settings: settings, places: network?.places, world: world, on: loop)
        let targets = Link.allCases.map { [suite] in ($0, suite.address(of: $0.service).port) }
        proxy =
            ports.isEmpty
            ? nil
            : try Proxy(
                ports: ports, targets: Dictionary(uniqueKeysWithValues: targets),
                seed: round.seed, toll: round.toll)
        clocks =
            round.lane == .storm
            ? Clocks.library.map { [suite] in
                Clocks(suite, in: folder, library: $0, toll: round.toll)
            } : nil
    }

    private static func proxyPorts(_ lane: Lane) throws -> [Link: UInt16] {
        guard lane == .storm || lane == .steps else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: zip(Link.allCases, try FreePorts.find(Link.allCases.count)))
    }

    /// The way of buyers to a service.
    func way(to service: ServiceName) -> Address? {
        let link: Link = service == .orders ? .gatewayOrders : .gatewayInventory
        return proxy.flatMap { $0.ports[link] }.map { .loopback(port: $0) }
    }

    /// Services that ended by themselves, but for those that died at a failpoint.
    var unexpectedDeaths: [String] {
        suite.unexpectedDeaths.filter { $0.ending != .signalled(SIGKILL) }.map {
            "\($0.service) \($0.ending) by itself: \($0.lastLines.suffix(3))"
        }
    }

    func pass(ms: Int64) async throws { try await world.scheduler.sleep(ms: ms) }

    func pass(upToMs most: UInt64) async throws {
        try await pass(ms: Int64(random.below(max(1, most))))
    }

    func end() async {
        suite.killAll()
        proxy?.stop()
        try? await network?.end()
        clocks?.tidy()
        do { try await server?.stop() } catch { Terminal.note("\(error)") }
    }
}
