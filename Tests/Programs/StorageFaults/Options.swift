/// The command line.
struct Options: Sendable {
    var seed: UInt64?
    var only: String?
    var first = 0
    var runs: Int?
    var minutes: Double?
    var json = false
    var plant: Plant?
    /// Histories at a time: each has a world of its own.
    let workers = 2

    static let usage = """
        usage: StorageFaults [--seed S] [--minutes N | --runs N] [--only CLASS] [--json]
          Breaks the disks under all three services and checks what they answer.
          --seed S     what is drawn; random and printed when absent
          --minutes N  goes on so long, with every class for an equal share
          --runs N     so many histories of each class, instead of a CI run's share
          --only CLASS one of \(Programme.names.joined(separator: ", "))
          --first N    begins with history N, to repeat one
          --plant \(Plant.allCases.map(\.rawValue).joined(separator: "|"))
                       a disk that nothing survives: the campaign must find it and exit 1
          --json       one object a class on stdout
        """

    static func parse(_ arguments: [String]) throws -> Options {
        var options = Options()
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--json": options.json = true
            case "--seed": options.seed = try number(name, &rest)
            case "--first": options.first = try number(name, &rest)
            case "--runs": options.runs = try number(name, &rest)
            case "--minutes": options.minutes = try number(name, &rest)
            case "--only": options.only = try word(name, &rest, of: Programme.names)
            case "--plant":
                options.plant = Plant(
                    rawValue: try word(name, &rest, of: Plant.allCases.map(\.rawValue)))
            default: throw UsageError(description: "there is no option \(name)\n\(usage)")
            }
        }
        return options
    }

    private static func number<Number: LosslessStringConvertible & Comparable & Numeric>(
        _ name: String, _ rest: inout ArraySlice<String>
    ) throws -> Number {
        guard let text = rest.popFirst(), let number = Number(text), number >= .zero else {
            throw UsageError(description: "\(name) needs a number")
        }
        return number
    }

    private static func word(
        _ name: String, _ rest: inout ArraySlice<String>, of words: [String]
    ) throws -> String {
        guard let word = rest.popFirst(), words.contains(word) else {
            throw UsageError(description: "\(name) is one of \(words.joined(separator: ", "))")
        }
        return word
    }
}

struct UsageError: Error, CustomStringConvertible {
    let description: String
}
