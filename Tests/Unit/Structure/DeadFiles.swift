/// Files none of whose declarations is named in another file.
///
/// It only ever errs towards "alive": a name counts wherever it stands, and a file that declares a
/// conformance, an operator, tests or an entry point is used without being named.
enum DeadFiles {
    static func among(_ files: [SourceFile]) -> [String] {
        var filesWithWord: [Substring: Int] = [:]
        for file in files {
            for word in Set(file.codeText.words) { filesWithWord[word, default: 0] += 1 }
        }
        return files.compactMap { file in
            guard !isUsedUnnamed(file) else { return nil }
            let names = declaredNames(file.codeText)
            guard !names.isEmpty else { return nil }
            return names.contains { filesWithWord[$0, default: 0] > 1 } ? nil : file.path
        }
    }

    private static func isUsedUnnamed(_ file: SourceFile) -> Bool {
        file.name == "Package.swift" || file.name == "Main.swift"
            || file.code.contains { line in
                ["@main", "@Suite", "@Test", "operator"].contains { line.hasWord($0) }
                    || line.has("extension ") && line.contains(/^(public )?extension [^:{]+:\s/)
            }
    }

    private static func declaredNames(_ code: String) -> [Substring] {
        let parts = code.words
        let keywords: Set<Substring> = [
            "actor", "case", "class", "enum", "func", "let", "protocol", "struct", "typealias",
            "var",
        ]
        return zip(parts, parts.dropFirst()).compactMap { keywords.contains($0) ? $1 : nil }
    }
}
