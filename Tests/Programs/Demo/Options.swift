/// The command line, which `deploy/demo --help` explains.
struct Options: Equatable, Sendable {
    var event = "deploy/events/concert-hall.json"
    /// Nil: one buyer for every 25 places, from 8 to 64.
    var buyers: Int?
    var seed: UInt64 = 1
    var json = false
    /// The folder of a PostgreSQL pair, and what manages it.
    var postgresql: String?
    var script = "deploy/postgresql"

    /// Calls that a service takes at once from one identity, less some for those who watch.
    static let mostBuyers = 400

    static func parse(_ arguments: [String]) throws -> Options {
        var options = Options()
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--event": options.event = try value(of: name, &rest)
            case "--buyers":
                options.buyers = Int(try number(of: name, &rest, 1...UInt64(mostBuyers)))
            case "--seed": options.seed = try number(of: name, &rest, 0...UInt64.max)
            case "--json": options.json = true
            case "--postgresql": options.postgresql = try value(of: name, &rest)
            case "--script": options.script = try value(of: name, &rest)
            default:
                throw UsageError(description: "there is no option \(name); see deploy/demo --help")
            }
        }
        return options
    }

    private static func value(of name: String, _ rest: inout ArraySlice<String>) throws -> String {
        guard let value = rest.popFirst(), !value.isEmpty else {
            throw UsageError(description: "\(name) needs a value")
        }
        return value
    }

    private static func number(
        of name: String, _ rest: inout ArraySlice<String>, _ range: ClosedRange<UInt64>
    ) throws -> UInt64 {
        let text = try value(of: name, &rest)
        guard let number = UInt64(text), range.contains(number) else {
            throw UsageError(
                description: "\(name) must be a number from \(range.lowerBound) to "
                    + "\(range.upperBound), not \(text)")
        }
        return number
    }
}

struct UsageError: Error, CustomStringConvertible {
    let description: String
}
