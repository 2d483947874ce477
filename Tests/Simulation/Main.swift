import Lifecycle

@main
struct Main {
    @Sendable private static func say(_ line: String) { print(line) }

    static func main() throws {
        let arguments = CommandLine.arguments
        let first = UInt64(arguments[1]) ?? 1
        let count = UInt64(arguments[2]) ?? 1
        var purchases = 0
        for seed in first..<first + count {
            let outcome = try History.run(seed: seed, trace: count == 1 ? say : nil)
            purchases += outcome.purchases
            print(
                seed, outcome.purchases, String(outcome.fingerprint, radix: 16), outcome.ends,
                outcome.messages, outcome.messagesMet)
            for violation in outcome.violations.prefix(20) { print("   ", violation) }
        }
        print(purchases)
    }
}
