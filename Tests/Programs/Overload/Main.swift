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
            if options.help {
                print(Options.usage)
                endProcess(0)
            }
            endProcess(try await Campaign(options).run() ? 0 : 1)
        } catch {
            complain("overload: \(error)")
            endProcess(2)
        }
    }
}

func complain(_ text: String) { fputs(text + "\n", stderr) }
