import Dispatch
import Lifecycle
import Support
import Synchronization

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

    /// What the histories of one class have come to, several at a time.
    private struct State {
        var begun = 0
        var total = Outcome()
        var replay = ""
    }

    let options: Options
    let seed: UInt64

    /// Gives the number of violations.
    func run() throws -> Int {
        var lines: [ClassLine] = []
        let chosen = Self.campaigns.filter { options.only == nil || options.only == $0.name }
        for (name, make) in chosen {
            let line = run(name, try make(seed, options.plant), share: chosen.count)
            lines.append(line)
            if options.json { print(line.json) }
        }
        if !options.json { for line in lines { print(line.text) } }
        return lines.reduce(0) { $0 + $1.violations }
    }

    private func run(
        _ name: String, _ campaign: any Campaign, share: Int
    ) -> ClassLine {
        let started = Stopwatch()
        let limit = options.minutes.map { $0 * 60 / Double(share) } ?? .infinity
        let wanted = options.runs ?? (options.minutes == nil ? campaign.runs : .max)
        let state = Mutex(State())
        DispatchQueue.concurrentPerform(iterations: options.workers) { _ in
            while let index = next(state, wanted, isOver: started.seconds >= limit) {
                let outcome = history(index, campaign)
                state.withLock { add(outcome, of: index, of: name, to: &$0) }
            }
        }
        let (runs, total, replay) = state.withLock { ($0.begun, $0.total, $0.replay) }
        Terminal.say(
            "\(name): \(runs) histories, \(total.injected) faults, "
                + "\(total.findings.count) violations, \(Int(started.seconds)) s")
        return ClassLine(
            name: name, injected: total.injected, checked: campaign.checked(total), runs: runs,
            violations: total.findings.count, replay: replay,
            counts: total.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" })
    }

    private func next(_ state: borrowing Mutex<State>, _ wanted: Int, isOver: Bool) -> Int? {
        state.withLock { state in
            guard state.begun < wanted, !isOver else { return nil }
            defer { state.begun += 1 }
            return options.first + state.begun
        }
    }

    private func history(_ index: Int, _ campaign: any Campaign) -> Outcome {
        let historySeed = SeededRandom(seed: seed &+ UInt64(index)).next()
        do { return try campaign.run(index, seed: historySeed) } catch {
            return Outcome(findings: ["the history broke off: \(error)"])
        }
    }

    private func add(_ outcome: Outcome, of index: Int, of name: String, to state: inout State) {
        defer { state.total += outcome }
        guard !outcome.findings.isEmpty else { return }
        let command =
            "StorageFaults --only \(name) --seed \(seed) --first \(index) --runs 1"
            + (options.plant.map { " --plant \($0.rawValue)" } ?? "")
        if state.replay.isEmpty { state.replay = command }
        guard state.total.findings.count < Self.findingsShown else { return }
        for finding in outcome.findings.prefix(Self.findingsShown) {
            Terminal.say("  \(command): \(finding)")
        }
    }
}
