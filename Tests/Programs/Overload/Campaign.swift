import FoundationEssentials
import Lifecycle
import Processes
import Synchronization

/// All sections, once or as often as there is time, and the rows that they come to.
final class Campaign: Sendable {
    private let options: Options
    private let seed: UInt64
    private let began = ContinuousClock.now
    private let sums = Mutex<[String: Sum]>([:])

    /// What one section's runs came to.
    private struct Sum {
        var runs = 0
        var injected = 0
        var violations = 0
        /// The first that was violated, else the last.
        var finding: Finding
    }

    init(_ options: Options) {
        self.options = options
        seed = options.seed ?? UInt64.random(in: 1...1 << 40)
    }

    /// True when nothing was violated.
    func run() async throws -> Bool {
        complain("overload: seed \(seed)")
        var round = 0
        repeat {
            for sim in Set(options.sections.map(\.sim)).sorted() { try await run(sim: sim) }
            round += 1
        } while wantsMore(after: round)
        let rows = options.sections.compactMap(row)
        for row in rows { print(try options.json ? row.json : row.text) }
        return rows.allSatisfy { $0.violations == 0 }
    }

    private func wantsMore(after round: Int) -> Bool {
        guard let minutes = options.minutes else { return round < options.runs }
        let spent = began.duration(to: .now)
        return spent + spent / round <= .seconds(minutes * 60)
    }

    /// The sections that share these services.
    private func run(sim: String) async throws {
        try await Rig.run(sim: "seed=\(seed)\(sim)") { [self] rig in
            for section in options.sections where section.sim == sim {
                add(try await section.look(rig), to: section)
            }
        }
    }

    private func add(_ finding: Finding, to section: Section) {
        sums.withLock { sums in
            var sum = sums[section.name] ?? Sum(finding: finding)
            if sum.violations == 0 { sum.finding = finding }
            sum.runs += 1
            sum.injected += finding.injected
            sum.violations += finding.violations.count
            sums[section.name] = sum
        }
    }

    private func row(of section: Section) -> Row? {
        guard let sum = sums.withLock({ $0[section.name] }) else { return nil }
        let command = CommandLine.arguments.first ?? "Overload"
        return Row(
            class: section.title, injected: sum.injected, checked: sum.finding.text,
            runs: sum.runs, violations: sum.violations,
            replay: sum.violations == 0 ? "" : "\(command) --only \(section.name) --seed \(seed)")
    }
}
