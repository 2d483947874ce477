import FoundationEssentials
import Glibc
import Lifecycle
import Net
import Processes
import Support

/// Where a round takes place: the three services, and what stands between all of them.
final class Town: Sendable {
    static let simSettings =
        "replyLimitMs=1500,slowMs=400,lateMs=2500,actionMs=1500,webhookBp=10000,"
        + "webhookLateBp=1000,webhookLateMs=2000,webhookTwiceBp=1000"

    let folder: WorkFolder
    let world: World
    let suite: ServiceSuite
    let random: SeededRandom
    let toll: Toll
    let proxy: Proxy?
    let clocks: Clocks?
    let checker: Checker

    init(
        _ round: Round, in folder: WorkFolder, world: World, on network: any Network
    ) async throws {
        self.folder = folder
        self.world = world
        toll = round.toll
        random = SeededRandom(seed: round.seed)
        checker = Checker(folder: folder, script: round.options.checker)
        var settings = [
            "TURNSTILE_SIM": "seed=\(round.seed % 1_000_000),\(Self.simSettings)",
            "SWIFT_BACKTRACE": "enable=no",
        ]
        let ports: [Link: UInt16] = Dictionary(
            uniqueKeysWithValues: zip(
                Link.allCases, try FreePorts.find(Link.allCases.count)))
        let hasProxy = round.lane == .storm || round.lane == .steps
        if hasProxy {
            for (link, port) in ports {
                guard let name = link.setting else { continue }
                settings[name] = Address.loopback(port: port).description
            }
        }
        let programs =
            round.lane == .steps
            ? round.options.failpointPrograms : ServiceSuite.builtPrograms
        suite = try ServiceSuite(
            in: folder, programs: programs, settings: settings, world: world, on: network)
        if hasProxy {
            let suite = suite
            proxy = try Proxy(
                ports: ports, seed: round.seed, toll: toll,
                targets: Dictionary(
                    uniqueKeysWithValues: Link.allCases.map {
                        ($0, suite.address(of: $0.service).port)
                    }))
        } else {
            proxy = nil
        }
        clocks =
            round.lane == .storm
            ? Clocks.library.map { [suite] in
                Clocks(suite, in: folder, library: $0, toll: round.toll)
            } : nil
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

    func end() {
        suite.killAll()
        proxy?.stop()
    }
}
