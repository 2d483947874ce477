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
        let folder: String
        /// Lines of the callers' log.
        var attempts = 0
        /// Attempts whose outcome their callers did not know.
        var unknown = 0
        var verdict = Verdict(checked: 0, findings: [], figures: "")
        /// Corruptions that the checker was tried with.
        var planted: Int64 = 0
        var findings: [String] = []
    }

    /// Throws when it could not begin.
    func run() async throws -> Report {
        let folder = try WorkFolder(named: "turnstile-chaos-\(lane)")
        let loop = try EventLoop()
        try loop.start(name: "chaos")
        defer { loop.stop() }
        let world = World.real(on: loop)
        let report = try await loop.spawn {
            let town = try await Town(self, in: folder, world: world, on: TCPNetwork(loop: loop))
            let report: Report
            do { report = try await hold(in: town) } catch {
                await town.end()
                throw error
            }
            await town.end()
            return report
        }.value
        if report.findings.isEmpty { folder.remove() }
        return report
    }

    private func hold(in town: Town) async throws -> Report {
        try await town.suite.start()
        let stage = Stage(town.world)
        let staff = town.suite.client(of: .inventory, as: "operator")
        try await stage.open(staff, town.world)
        staff.close()
        let crowd = try Crowd(town, stage, options)
        var report = Report(lane: lane, seed: seed, toll: toll, folder: town.folder.path)
        do {
            report.findings += try await rage(in: town, crowd)
            try await judge(town, &report)
        } catch {
            // A service that does not come back is no reason to stop, but a finding.
            report.findings.append("\(error)")
        }
        report.attempts = crowd.log.attempts
        report.unknown = crowd.log.unknown.count
        return report
    }

    /// What must not have been, as seen from outside.
    private func rage(in town: Town, _ crowd: Crowd) async throws -> [String] {
        let supervisor = Supervisor(town, lane, options)
        town.proxy?.set(.rough)
        crowd.come()
        var findings = try await supervisor.run()
        crowd.hours.close()
        town.proxy?.set(.calm)
        try await supervisor.heal()
        await crowd.leave()
        if lane == .drains {
            findings += crowd.log.unknown.map { "nobody knows, by a drain: \($0)" }
        }
        findings += try await town.checker.settle()
        for service in ServiceName.allCases {
            let ending = await town.suite.stop(service)
            findings += [Supervisor.complaint(service, ending)].compactMap(\.self)
        }
        return findings + town.unexpectedDeaths
    }

    private func judge(_ town: Town, _ report: inout Report) async throws {
        report.verdict = try await town.checker.check()
        report.findings += report.verdict.findings
        // Only what is sound can be corrupted to some purpose.
        guard report.findings.isEmpty else { return }
        let selftest = try await town.checker.selftest()
        report.planted = selftest.checked
        report.findings += selftest.findings
    }
}
