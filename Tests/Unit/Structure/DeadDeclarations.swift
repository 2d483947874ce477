/// Declarations of the product that the product does not use: nobody does, or tests alone.
///
/// Like `DeadFiles` it only ever errs towards "alive": a name counts wherever it stands.
enum DeadDeclarations {
    /// What may stand unused, and why.
    private static let kept: [Substring: String] = [
        "Main": "where a process begins",
        "dataLoss": "one of the sixteen status names, which stand together",
        "callAsFunction": "called without its name",
        "enqueue": "asked for by the executor of tasks",
        "connectionCount": "what tests see of a server's memory",
    ]

    static func among(_ files: [SourceFile]) -> [String] {
        var uses: [Substring: Int] = [:]
        var declared: [Substring: (count: Int, path: String)] = [:]
        for file in files {
            // Interpolations stand in literals.
            let inLiterals = file.lines.flatMap { line in
                line.matches(of: /\\\(([^"]*?)\)/).flatMap { String($0.output.1).words }
            }
            let words = file.codeText.words
            for word in words { uses[word, default: 0] += 1 }
            for word in inLiterals { uses[Substring(word), default: 0] += 1 }
            for name in names(words) {
                declared[name, default: (0, file.path)].count += 1
            }
        }
        return declared.filter { name, found in
            kept[name] == nil && uses[name, default: 0] <= found.count
        }.map { "\($0.value.path): \($0.key)" }.sorted()
    }

    private static func names(_ words: [Substring]) -> [Substring] {
        let keywords: Set<Substring> = [
            "actor", "class", "enum", "func", "let", "protocol", "struct", "typealias", "var",
        ]
        return zip(words, words.dropFirst()).compactMap { word, name in
            keywords.contains(word) && name != "_" && !keywords.contains(name) ? name : nil
        }
    }
}
