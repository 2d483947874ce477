import Lifecycle
import Processes

/// All rounds of a run: the lanes side by side, each one round after the other.
struct Campaign: Sendable {
    let options: Options

    init(_ options: Options) { self.options = options }

    func run() async throws -> [Round.Report] {
        Terminal.note("chaos: seed \(options.seed)")
        let start = SystemClock.uptimeNanoseconds
        return try await withThrowingTaskGroup(of: [Round.Report].self) { group in
            for lanes in queues {
                group.addTask { try await run(lanes, since: start) }
            }
            var reports: [Round.Report] = []
            for try await done in group { reports += done }
            return reports
        }
    }

    /// What runs one after the other, so that all end at about the same time.
    private var queues: [[Lane]] {
        [[.steps], [.storm], [.drains, .partitions]].map { $0.filter(options.lanes.contains) }
            .filter { !$0.isEmpty }
    }

    private func run(_ lanes: [Lane], since start: UInt64) async throws -> [Round.Report] {
        var reports: [Round.Report] = []
        var seed = options.seed
        repeat {
            for lane in lanes {
                reports.append(try await run(lane, seed))
            }
            seed += 1
        } while SystemClock.uptimeNanoseconds - start < (options.minutes ?? 0) * 60_000_000_000
        return reports
    }

    private func run(_ lane: Lane, _ seed: UInt64) async throws -> Round.Report {
        let start = SystemClock.uptimeNanoseconds
        let report = try await Round(lane: lane, seed: seed, options: options).run()
        let seconds = (SystemClock.uptimeNanoseconds - start) / 1_000_000_000
        Terminal.note(
            "\(lane), seed \(seed): \(seconds) s, \(report.toll.kills) kills, "
                + "\(report.attempts) lines of the callers; \(report.verdict.figures); "
                + "\(report.verdict.checked) checks, \(report.findings.count) violations")
        for finding in report.findings.prefix(12) { Terminal.note("  \(finding.prefix(300))") }
        if !report.findings.isEmpty { Terminal.note("  kept in \(report.folder)") }
        return report
    }
}
