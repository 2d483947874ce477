import Contracts
import FoundationEssentials
import Lifecycle
import Net
import Processes
import RPC
import Support

/// What goes on in a round.
enum Lane: String, CaseIterable, Sendable {
    /// Everything at once: kills, pauses, stops, clocks, the provider, and a proxy between all.
    case storm
    /// Services that die at one place after the other, at every place of every saga.
    case steps
    /// Nothing but SIGTERM, on a sound network: nobody's outcome may become unknown by it.
    case drains
    /// The services in network namespaces of their own, cut off from each other.
    case partitions
}

/// One round: three services on fresh databases, buyers, and somebody who makes things go wrong for
/// a while. Then all is healed, and judged once it is quiet.
struct Round: Sendable {
    let lane: Lane
    let seed: UInt64
    let options: Options
    let toll = Toll()

    /// What was seen, and what was wrong with it.
    struct Report: Sendable {
        let lane: Lane
        let seed: UInt64
        let toll: Toll
        let attempts: Int
        let verdict: Verdict
        var findings: [String]
        let folder: String
    }

    /// Throws when it could not be held.
    func run() async throws -> Report {
        let folder = try WorkFolder(named: "turnstile-chaos-\(lane)")
        let loop = try EventLoop()
        loop.start(name: "chaos")
        defer { loop.stop() }
        let world = World(
            scheduler: loop, clock: SystemClock(), random: KernelRandom(), log: .silent,
            metrics: Metrics())
        let report = try await loop.spawn {
            let town = try await Town(self, in: folder, world: world, on: TCPNetwork(loop: loop))
            do {
                let report = try await live(town)
                await town.end()
                return report
            } catch {
                await town.end()
                throw error
            }
        }.value
        if report.findings.isEmpty { folder.remove() }
        return report
    }

    private func live(_ town: Town) async throws -> Report {
        try await town.suite.start()
        let stage = Stage(town.world)
        let staff = town.suite.client(of: .inventory, as: "operator")
        try await stage.open(staff, town.world)
        staff.close()
        let crowd = try Crowd(town, stage, options)
        let supervisor = Supervisor(town, lane, options)
        town.proxy?.set(.rough)
        crowd.come()
        var findings = try await supervisor.run()
        crowd.hours.close()
        town.proxy?.set(.calm)
        try await supervisor.heal()
        await crowd.leave()
        findings += crowd.log.unknown.filter { _ in lane == .drains }.map {
            "nobody knows, by a drain: \($0)"
        }
        findings += try await town.checker.settle()
        for service in ServiceName.allCases {
            let ending = await town.suite.stop(service)
            findings += [Supervisor.fault(service, ending)].compactMap(\.self)
        }
        findings += town.unexpectedDeaths
        let verdict = try await town.checker.check()
        return Report(
            lane: lane, seed: seed, toll: toll, attempts: crowd.log.attempts, verdict: verdict,
            findings: findings + verdict.findings, folder: town.folder.path)
    }
}
