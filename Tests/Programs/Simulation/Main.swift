import FoundationEssentials
@preconcurrency import Glibc
import Lifecycle
import Processes

@main
struct Main {
    static func main() async {
        setvbuf(stdout, nil, _IOLBF, 0)
        do {
            let options = try Options.parse(Array(CommandLine.arguments.dropFirst()))
            if let chunk = options.chunk { return try Worker.run(chunk) }
            if let seed = options.trace { endProcess(try trace(seed) ? 0 : 1) }
            endProcess(try await prove(options) ? 0 : 1)
        } catch {
            complain("\(error)")
            endProcess(2)
        }
    }

    /// True when nothing was violated, and that means something.
    private static func prove(_ options: Options) async throws -> Bool {
        let seed = options.seed ?? UInt64.random(in: 1...1 << 40)
        complain("simulation: from seed \(seed)")
        let folder = try WorkFolder(named: "turnstile-simulation")
        defer { folder.remove() }
        let tally = try await Campaign(options, from: seed, in: folder).run()
        if options.untilViolation {
            let first = FirstViolation(tally)
            print(String(decoding: try JSONEncoder().encode(first), as: UTF8.self))
            return first.what == nil
        }
        let rows = tally.rows(replay: CommandLine.arguments.first ?? "simulation")
        if options.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            for row in rows { print(String(decoding: try encoder.encode(row), as: UTF8.self)) }
        } else {
            for row in rows { print("\(row.class): \(row.injected) (\(row.checked))") }
            for (end, count) in tally.ends.sorted(by: { $0.key < $1.key }) {
                print("  \(end) \(count)")
            }
        }
        for gap in tally.gaps { complain("void: \(gap)") }
        return tally.violations.isEmpty && tally.gaps.isEmpty
    }

    /// Runs one seed with everything that its services log; true when nothing was violated.
    private static func trace(_ seed: UInt64) throws -> Bool {
        // In a process where dictionaries have the campaign's order.
        guard getenv("SWIFT_DETERMINISTIC_HASHING") != nil else {
            for (name, value) in Worker.environment { setenv(name, value, 1) }
            execv("/proc/self/exe", CommandLine.unsafeArgv)
            throw UsageError(description: "cannot start anew: \(String(cString: strerror(errno)))")
        }
        let outcome = try History.run(seed: seed) { print($0) }
        print("\(outcome.purchases) purchases \(outcome.ends), fingerprint \(outcome.fingerprint)")
        for violation in outcome.violations { print("violated: \(violation)") }
        return outcome.violations.isEmpty
    }
}
