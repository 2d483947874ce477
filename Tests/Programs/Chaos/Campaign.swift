import Glibc
import Lifecycle
import Processes

/// All rounds of a run: the lanes side by side, each one round after the other.
struct Campaign: Sendable {
    let options: Options

    private let seed: UInt64

    init(_ options: Options) {
        self.options = options
        seed = options.seed ?? UInt64.random(in: 0..<1_000_000)
    }

    /// Throws when it could not begin.
    func run() async throws -> [Round.Report] {
        for file in options.neededFiles where access(file, R_OK) != 0 {
            throw ProcessError("there is no \(file); deploy/chaos builds all and knows the way")
        }
        Terminal.note("chaos: seed \(seed)")
        let start = SystemClock.uptimeNanoseconds
        return try await withThrowingTaskGroup(of: [Round.Report].self) { group in
            for (number, lanes) in queues.enumerated() {
                // The same lane in two queues must not do the same.
                let first = seed + UInt64(number) * 1_000
                group.addTask { try await run(lanes, from: first, since: start) }
            }
            var reports: [Round.Report] = []
            for try await done in group { reports += done }
            return reports
        }
    }

    /// What runs one after the other, so that all end at about the same time.
    private var queues: [[Lane]] {
        let lanes = options.lanes.filter {
            $0 != .partitions || PrivateNetwork.obstacle == nil
        }
        // Whoever wants one lane wants that round, with the seed that was given.
        guard lanes.count > 1 else { return lanes.map { [$0] } }
        return [[.steps, .storm], [.storm], [.drains, .partitions]].map {
            $0.filter(lanes.contains)
        }
    }

    private func run(
        _ lanes: [Lane], from first: UInt64, since start: UInt64
    ) async throws -> [Round.Report] {
        var reports: [Round.Report] = []
        var seed = first
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
                + "\(report.attempts) lines of the callers, \(report.unknown) without an "
                + "answer; \(report.verdict.figures); "
                + "\(report.verdict.checked) checks, \(report.findings.count) violations")
        for finding in report.findings.prefix(12) { Terminal.note("  \(finding.prefix(300))") }
        if !report.findings.isEmpty { Terminal.note("  kept in \(report.folder)") }
        return report
    }
}
