import Lifecycle
import Support

/// All classes one after the other, and a line for each.
struct Programme {
    private static let campaigns:
        [(name: String, make: @Sendable (UInt64, Plant?) throws -> any Campaign)] =
            [
                (FailedOperations.name, { try FailedOperations(seed: $0, plant: $1) }),
                (PowerCuts.name, { try PowerCuts(seed: $0, plant: $1) }),
                (FullDisks.name, { try FullDisks(seed: $0, plant: $1) }),
                (ReadOnlyDisks.name, { try ReadOnlyDisks(seed: $0, plant: $1) }),
                ("bit-flip", { seed, _ in try DamagedFiles(.flips, seed: seed) }),
                ("torn-file", { seed, _ in try DamagedFiles(.tears, seed: seed) }),
            ]
    static var names: [String] { campaigns.map(\.name) }
    private static let findingsShown = 5

    let options: Options
    let seed: UInt64

    /// Gives the number of violations.
    func run() throws -> Int {
        var lines: [ClassLine] = []
        let chosen = Self.campaigns.filter { options.only == nil || options.only == $0.name }
        for (name, make) in chosen {
            let line = try run(name, try make(seed, options.plant), share: chosen.count)
            lines.append(line)
            if options.json { print(line.json) }
        }
        if !options.json { for line in lines { print(line.text) } }
        return lines.reduce(0) { $0 + $1.violations }
    }

    private func run(
        _ name: String, _ campaign: any Campaign, share: Int
    ) throws -> ClassLine {
        let started = Stopwatch()
        var total = Outcome()
        var runs = 0
        var replay = ""
        let limit = options.minutes.map { $0 * 60 / Double(share) }
        let wanted = options.runs ?? (limit == nil ? campaign.runs : .max)
        while runs < wanted, started.seconds < limit ?? .infinity {
            let index = options.first + runs
            var outcome = Outcome()
            let historySeed = SeededRandom(seed: seed &+ UInt64(index)).next()
            do { outcome = try campaign.run(index, seed: historySeed) } catch {
                outcome.findings = ["the history broke off: \(error)"]
            }
            runs += 1
            if !outcome.findings.isEmpty {
                let command =
                    "StorageFaults --only \(name) --seed \(seed) --first \(index) --runs 1"
                    + (options.plant.map { " --plant \($0.rawValue)" } ?? "")
                if replay.isEmpty { replay = command }
                if total.findings.count < Self.findingsShown {
                    for finding in outcome.findings.prefix(Self.findingsShown) {
                        Terminal.say("  \(command): \(finding)")
                    }
                }
            }
            total += outcome
        }
        Terminal.say(
            "\(name): \(runs) histories, \(total.injected) faults, "
                + "\(total.findings.count) violations, \(Int(started.seconds)) s")
        return ClassLine(
            name: name, injected: total.injected, checked: campaign.checked(total), runs: runs,
            violations: total.findings.count, replay: replay,
            counts: total.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" })
    }
}
