/// The command line.
struct Options: Sendable {
    static let usage = """
        usage: Overload [--only NAME,…] [--minutes N | --runs N] [--seed N] [--json]

        Overloads and abuses the release executables beside this program, over the loopback, and
        holds the targets against what it measures in the same run. Needs .build/venv for abuse.py.

          --only NAME,…  of \(Section.all.map(\.name).joined(separator: ", "))
          --minutes N    as often as fits, rather than once
          --runs N       so often
          --seed N       of the payment provider's simulation; else one is drawn, and printed
          --json         one object a line instead of text

        Exit status: 0 nothing was violated, 1 something was, 2 it could not begin and says why.
        """

    var sections = Section.all
    var minutes: Double?
    var runs = 1
    /// Nil: drawn, and printed.
    var seed: UInt64?
    var json = false
    var help = false

    static func parse(_ arguments: [String]) throws -> Options {
        var options = Options()
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--only":
                options.sections = try sections(named: rest.popFirst() ?? "")
            case "--minutes": options.minutes = Double(try number(of: name, &rest))
            case "--runs": options.runs = Int(clamping: try number(of: name, &rest))
            case "--seed": options.seed = try number(of: name, &rest)
            case "--json": options.json = true
            case "--help", "-h": options.help = true
            default: throw UsageError(description: "there is no option \(name)")
            }
        }
        return options
    }

    private static func sections(named names: String) throws -> [Section] {
        try names.split(separator: ",", omittingEmptySubsequences: false).map { name in
            guard let section = Section.all.first(where: { $0.name == name }) else {
                throw UsageError(description: "there is no section \(name)")
            }
            return section
        }
    }

    private static func number(
        of name: String, _ rest: inout ArraySlice<String>
    ) throws -> UInt64 {
        guard let text = rest.popFirst(), let number = UInt64(text), number > 0 else {
            throw UsageError(description: "\(name) needs a number, 1 or more")
        }
        return number
    }
}

struct UsageError: Error, CustomStringConvertible {
    let description: String
}
