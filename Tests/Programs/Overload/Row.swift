import FoundationEssentials

/// A line of the table of `deploy/prove`.
struct Row: Encodable {
    let `class`: String
    let injected: Int
    let checked: String
    let runs: Int
    let violations: Int
    let replay: String

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    var text: String {
        let mark = violations == 0 ? "✔" : "✘"
        return "\(mark) \(`class`): \(injected) injected, \(violations) violated\n    \(checked)"
            + (replay.isEmpty ? "" : "\n    again: \(replay)")
    }
}
