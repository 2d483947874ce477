/// The command line, which `deploy/prove --help` explains.
struct Options: Equatable, Sendable {
    /// Purchases in all.
    var histories = 100_000
    var minutes: Double?
    /// Nil: drawn, and printed.
    var seed: UInt64?
    var workers = 2
    var json = false
    /// Stops at the first violation, and reports nothing but how soon it came.
    var untilViolation = false
    /// Runs one seed and prints all that its services log.
    var trace: UInt64?
    /// What a worker is told: so many seeds from this one, into a file.
    var chunk: Chunk?

    struct Chunk: Equatable, Sendable {
        let first: UInt64
        let count: UInt64
    }

    static func parse(_ arguments: [String]) throws -> Options {
        var options = Options()
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--histories":
                options.histories = Int(clamping: try number(of: name, &rest))
            case "--minutes": options.minutes = Double(try number(of: name, &rest))
            case "--seed": options.seed = try number(of: name, &rest)
            case "--workers": options.workers = max(1, Int(clamping: try number(of: name, &rest)))
            case "--json": options.json = true
            case "--until-violation": options.untilViolation = true
            case "--trace": options.trace = try number(of: name, &rest)
            case "--chunk":
                options.chunk = Chunk(
                    first: try number(of: name, &rest), count: try number(of: name, &rest))
            default: throw UsageError(description: "there is no option \(name)")
            }
        }
        return options
    }

    private static func number(
        of name: String, _ rest: inout ArraySlice<String>
    ) throws -> UInt64 {
        guard let text = rest.popFirst(), let number = UInt64(text) else {
            throw UsageError(description: "\(name) needs a number")
        }
        return number
    }
}

struct UsageError: Error, CustomStringConvertible {
    let description: String
}
