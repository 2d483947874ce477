import FoundationEssentials
import Glibc
import Lifecycle

/// `Bench [SECTION …] [--runs N] [--seconds N] [--json]`: figures of a release build, each over
/// several runs and beside a baseline measured in the same runs. Without a section it runs all but
/// `memory`, `growth` and `postgresql`, which take minutes.
@main
struct Main {
    static func main() async {
        do { try await run() } catch {
            let line = Array("bench: \(error)\n".utf8)
            write(STDERR_FILENO, line, line.count)
            endProcess(1)
        }
    }

    private static func run() async throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        // Parts that this program starts of itself, as other processes.
        switch arguments.first {
        case "rpc-server": try await RPCBench.serve()
        case "bare-echo":
            try BareEcho.serve(
                requestBytes: Int(arguments[1]) ?? 0, replyBytes: Int(arguments[2]) ?? 0)
        default: break
        }
        let isJSON = arguments.contains("--json")
        arguments.removeAll { $0 == "--json" }
        let runs = try take("--runs", from: &arguments) ?? 7
        let seconds = try take("--seconds", from: &arguments)
        let usual = ["codec", "rpc", "reserve", "availability", "watch", "purchase", "checkout"]
        for section in arguments.isEmpty ? usual : arguments {
            let figures: [Figure] =
                switch section {
                case "codec": try Codec.figures(runs: runs)
                case "rpc.64": try await RPCBench.throughput(runs: runs, seconds: seconds)
                case "rpc": try await RPCBench.figures(runs: runs, seconds: seconds)
                case "reserve": try await ReserveBench.figures(runs: runs, seconds: seconds)
                case "availability":
                    try await AvailabilityBench.figures(runs: runs, seconds: seconds)
                case "watch": try await WatchBench.figures(runs: runs)
                case "purchase": try await PurchaseBench.figures(runs: runs, seconds: seconds)
                case "checkout": try await CheckoutBench.figures(runs: runs, seconds: seconds)
                case "growth": try await GrowthBench.figures(runs: runs, seconds: seconds)
                case "postgresql":
                    try await PostgreSQLBench.figures(runs: runs, seconds: seconds)
                case "memory": try await MemoryBench.figures(seconds: seconds)
                default:
                    let all = (usual + ["memory", "growth", "postgresql"]).joined(separator: ", ")
                    throw BenchError("no section \(section): \(all)")
                }
            for figure in figures { print(isJSON ? figure.json : figure.text) }
        }
    }

    /// Takes an option and its number, from 1 to 600, out of the words.
    private static func take(_ option: String, from words: inout [String]) throws -> Int? {
        guard let index = words.firstIndex(of: option) else { return nil }
        guard index + 1 < words.count, let number = Int(words[index + 1]),
            (1...600).contains(number)
        else { throw BenchError("\(option) needs a number from 1 to 600") }
        words.removeSubrange(index...(index + 1))
        return number
    }
}
