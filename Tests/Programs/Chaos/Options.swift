import FoundationEssentials
import Processes

/// The command line.
struct Options: Sendable {
    /// Nil: a random one.
    var seed: UInt64?
    /// Nil: the share of a CI run.
    var minutes: UInt64?
    var lanes = Lane.allCases
    var json = false
    var buyers = 48
    var thinkMs: UInt64 = 250
    var stormMs: UInt64 = 60_000
    /// In one storm at least: with the steps' there are 300 in a run.
    var kills = 70
    var drains = 32
    var partitions = 12
    var scripts = "Tests/Programs/Chaos"
    /// What starts a PostgreSQL server for each round; nil for SQLite.
    var postgresql: String?
    /// A debug build: no other has failpoints.
    var failpointPrograms = Options.debugPrograms

    static let usage = """
        usage: Chaos [--seed N] [--minutes N] [--only LANE] [--json]
          --seed N     what is done, when and to whom follows from it; a random one
          --minutes N  goes on for so long, with further seeds; the share of a CI run
          --only LANE  storm, steps, drains or partitions
          --json       a line of JSON for each class of faults
          --postgresql F
                       over servers of the round's own, which this script manages
          --scripts F  the folder of the scripts that judge (Tests/Programs/Chaos)
        """

    static func parse(_ arguments: [String]) throws -> Options {
        var options = Options()
        var rest = arguments[...]
        func value(of name: String) throws -> String {
            guard let value = rest.popFirst() else { throw UsageError("\(name) needs a value") }
            return value
        }
        func number(of name: String) throws -> UInt64 {
            guard let number = UInt64(try value(of: name)) else {
                throw UsageError("\(name) needs a number")
            }
            return number
        }
        while let name = rest.popFirst() {
            switch name {
            case "--seed": options.seed = try number(of: name)
            case "--minutes": options.minutes = try number(of: name)
            case "--only":
                let text = try value(of: name)
                guard let lane = Lane(rawValue: text) else {
                    throw UsageError("there is no lane \(text)")
                }
                options.lanes = [lane]
            case "--json": options.json = true
            case "--postgresql": options.postgresql = try value(of: name)
            case "--scripts": options.scripts = try value(of: name)
            default: throw UsageError("there is no option \(name)\n\(usage)")
            }
        }
        return options
    }

    /// What a run cannot do without.
    var neededFiles: [String] {
        let folders = Set([ServiceSuite.builtPrograms, failpointPrograms]).sorted()
        let programs = folders.flatMap { folder in
            ServiceName.allCases.map { "\(folder)/\($0)" }
        }
        return programs + ["\(scripts)/check.py", "\(scripts)/export.py", "\(scripts)/selftest.py"]
    }

    private static var debugPrograms: String {
        let own = ServiceSuite.builtPrograms
        guard let slash = own.lastIndex(of: "/") else { return own }
        return own[..<slash] + "/debug"
    }
}

struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
