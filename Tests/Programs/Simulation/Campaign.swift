import FoundationEssentials
@preconcurrency import Glibc
import Lifecycle
import Processes
import Synchronization

/// Histories of many seeds, in processes of their own: one that traps is a finding like any other.
final class Campaign: Sendable {
    private struct State {
        var next: UInt64
        var tally = Tally()
        var lastProgress = 0
    }

    private let options: Options
    private let first: UInt64
    private let folder: WorkFolder
    private let program: String
    private let seedsInOneProcess: UInt64
    private let started = ContinuousClock.now
    private let state: Mutex<State>

    init(_ options: Options, from first: UInt64, in folder: WorkFolder) {
        self.options = options
        self.first = first
        self.folder = folder
        program = CommandLine.arguments.first ?? ""
        // Where the first violation ends it all, few seeds are run for nothing.
        seedsInOneProcess = options.untilViolation ? 4 : 25
        state = Mutex(State(next: first))
    }

    /// Runs until there are enough purchases, or the time is over.
    func run() async throws -> Tally {
        // Seeds that once failed come first.
        for seed in Regressions.seeds { try await run(.init(first: seed, count: 1)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<options.workers {
                group.addTask { [self] in
                    while let chunk = next() { try await run(chunk) }
                }
            }
            try await group.waitForAll()
        }
        return state.withLock { $0.tally }
    }

    private func next() -> Options.Chunk? {
        let spent = started.duration(to: .now)
        return state.withLock { state in
            if isOver(state.tally) { return nil }
            if let minutes = options.minutes {
                guard spent < .seconds(minutes * 60) else { return nil }
            } else {
                guard state.tally.purchases < options.histories else { return nil }
            }
            defer { state.next += seedsInOneProcess }
            return Options.Chunk(first: state.next, count: seedsInOneProcess)
        }
    }

    private func isOver(_ tally: Tally) -> Bool {
        options.untilViolation && !tally.violations.isEmpty
    }

    private func run(_ chunk: Options.Chunk) async throws {
        let file = folder.file("\(chunk.first)-\(chunk.count)")
        let child = try await ChildProcess.start(
            program, ["--chunk", "\(chunk.first)", "\(chunk.count)"],
            environment: Worker.environment, log: file)
        let ending = await child.ending()
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        let outcomes = lines.compactMap {
            try? JSONDecoder().decode(Outcome.self, from: Data($0.utf8))
        }
        try FileManager.default.removeItem(atPath: file)
        state.withLock { state in
            for outcome in outcomes where !isOver(state.tally) {
                state.tally.add(outcome)
                for what in outcome.violations { complain("seed \(outcome.seed): \(what)") }
            }
            if ending != .exited(0), !isOver(state.tally) {
                let seed = chunk.first + UInt64(outcomes.count)
                let what = "the process \(ending): \(lines.last ?? "")"
                state.tally.trapped(seed, what)
                complain("seed \(seed): \(what)")
            }
            guard state.tally.purchases >= state.lastProgress + 5_000 else { return }
            state.lastProgress = state.tally.purchases
            complain(progress(state.tally))
        }
    }

    private func progress(_ tally: Tally) -> String {
        let seconds = Double(started.duration(to: .now).components.seconds)
        return "simulation: \(tally.purchases) purchases, \(tally.violations.count) violations, "
            + "\(Int(Double(tally.purchases) / max(1, seconds)))/s"
    }
}

/// What runs seeds for a campaign.
enum Worker {
    /// Dictionaries have one order in every process; a trap ends one at once.
    static let environment = [
        "SWIFT_DETERMINISTIC_HASHING": "1", "SWIFT_BACKTRACE": "enable=no",
        // Worlds come and go: memory is kept, rather than given back and asked for again.
        "MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "268435456",
        // Names the fault to show, in a copy of the sources with planted ones.
        "TURNSTILE_PLANTED": getenv("TURNSTILE_PLANTED").map { String(cString: $0) } ?? "",
    ].merging(SharedServer.address.map { [SharedServer.variable: $0] } ?? [:]) { own, _ in own }

    static func run(_ chunk: Options.Chunk) throws {
        for seed in chunk.first..<chunk.first &+ chunk.count {
            let line = try JSONEncoder().encode(try History.run(seed: seed))
            print(String(decoding: line, as: UTF8.self))
            fflush(stdout)
        }
    }
}

func complain(_ text: String) { fputs(text + "\n", stderr) }
