import Lifecycle

@main
struct Main {
    static func main() {
        do {
            let options = try Options.parse(Array(CommandLine.arguments.dropFirst()))
            let seed = options.seed ?? KernelRandom().next() >> 16
            Terminal.say("seed \(seed)")
            endProcess(try Programme(options: options, seed: seed).run() == 0 ? 0 : 1)
        } catch {
            Terminal.say("cannot begin: \(error)")
            endProcess(2)
        }
    }
}
