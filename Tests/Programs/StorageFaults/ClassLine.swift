import Wire

/// What is reported of one class of faults.
struct ClassLine {
    let name: String
    let injected: Int
    let checked: String
    let runs: Int
    let violations: Int
    let replay: String
    let counts: [String]

    var json: String {
        let value = Value.map([
            ("class", .text(name)), ("injected", .integer(Int64(injected))),
            ("checked", .text(checked)), ("runs", .integer(Int64(runs))),
            ("violations", .integer(Int64(violations))), ("replay", .text(replay)),
        ])
        return value.json
    }

    var text: String {
        """
        \(name): \(injected) injected in \(runs) runs, \(violations) violations
          \(checked)
          \(counts.joined(separator: ", "))\(replay.isEmpty ? "" : "\n  again: \(replay)")
        """
    }
}
