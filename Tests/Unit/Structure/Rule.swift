import Testing

/// Something that holds for every file, and a file that breaks it: a rule that finds nothing in
/// its own counterexample proves nothing.
struct Rule: Sendable, CustomTestStringConvertible {
    let name: String
    let planted: SourceFile
    /// The lines that break the rule, counted from 0.
    let breaches: @Sendable (SourceFile) -> [Int]

    init(
        _ name: String, planted path: String, _ text: String,
        breaches: @escaping @Sendable (SourceFile) -> [Int]
    ) {
        self.name = name
        planted = SourceFile(path: path, text: text)
        self.breaches = breaches
    }

    var testDescription: String { name }

    static let all = form + concurrency + safety + text + rooms
}

extension SourceFile {
    /// The lines of code that contain one of the words.
    func code(with words: [String]) -> [Int] {
        let present = words.filter(codeText.has)
        guard !present.isEmpty else { return [] }
        return code.indices.filter { line in present.contains { code[line].hasWord($0) } }
    }
}
