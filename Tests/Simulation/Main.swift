import FoundationEssentials
import Lifecycle

@main
struct Main {
    static func main() throws {
        let arguments = CommandLine.arguments
        let first = UInt64(arguments[1]) ?? 1
        let count = UInt64(arguments[2]) ?? 1
        let folder = arguments[3]
        var purchases = 0
        for seed in first..<first + count {
            let place = "\(folder)/\(seed)"
            try FileManager.default.createDirectory(
                atPath: place, withIntermediateDirectories: true)
            let outcome = try History.run(seed: seed, in: Store(folder: place))
            try FileManager.default.removeItem(atPath: place)
            purchases += outcome.purchases
            print(
                seed, outcome.purchases, String(outcome.fingerprint, radix: 16), outcome.ends,
                outcome.messages, outcome.messagesMet)
            for violation in outcome.violations.prefix(20) { print("   ", violation) }
        }
        print(purchases)
    }
}
