import FoundationEssentials
import Glibc

/// `Bench [SECTION …] [--runs N] [--json]`: figures of a release build, each over several runs and
/// beside a baseline measured in the same runs.
@main
struct Main {
    static func main() async {
        do { try await run() } catch {
            let line = Array("bench: \(error)\n".utf8)
            write(STDERR_FILENO, line, line.count)
            exit(1)
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
        var runs = 7
        if let index = arguments.firstIndex(of: "--runs"), index + 1 < arguments.count {
            runs = max(1, Int(arguments[index + 1]) ?? runs)
            arguments.removeSubrange(index...(index + 1))
        }
        for section in arguments.isEmpty ? ["codec", "rpc", "reserve", "purchase"] : arguments {
            let figures: [Figure] =
                switch section {
                case "codec": try Codec.figures(runs: runs)
                case "rpc.64": try await RPCBench.throughput(runs: runs)
                case "rpc": try await RPCBench.figures(runs: runs)
                case "reserve": try await ReserveBench.figures(runs: runs)
                case "purchase": try await PurchaseBench.figures(runs: runs)
                default: throw BenchError("no section \(section): codec, rpc, reserve, purchase")
                }
            for figure in figures { print(isJSON ? figure.json : figure.text) }
        }
    }
}
