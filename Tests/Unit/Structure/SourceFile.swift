/// A text of the project, by its path from the top and by its lines. Of a Swift file, `code` has
/// the same lines and columns with comments and the insides of literals blanked out, so that a
/// rule about code never trips over prose.
struct SourceFile: Sendable {
    let path: String
    let lines: [String]
    let code: [String]
    let codeText: String
    /// Which of the lines are part of a string literal that began on an earlier line.
    let literals: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard path.hasSuffix(".swift") else {
            code = []
            codeText = ""
            literals = []
            return
        }
        var lexer = Lexer(text)
        let lexed = lexer.separate()
        code = lexed.code
        codeText = lexed.code.joined(separator: "\n")
        literals = lexed.literals
    }

    var name: String { String(path.split(separator: "/").last ?? "") }

    func isIn(_ folders: String...) -> Bool { folders.contains { path.hasPrefix($0 + "/") } }

    /// The module that compiles this file, as Package.swift lays them out.
    var module: String? {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count > 2, path.hasSuffix(".swift") else { return nil }
        if parts[0] == "Services", parts[2] == "Main" { return parts[1] + "Main" }
        return parts[0] == "Tests" ? parts[2] : parts[1]
    }

    /// Whether the line, or those directly above it that match `group` or are attributes, have a
    /// comment: the sentence that says why.
    func isExplained(_ line: Int, group: String) -> Bool {
        if lines[line].has("//") { return true }
        var above = line - 1
        while above >= 0 {
            let text = lines[above].trimmed
            if text.hasPrefix("//") { return true }
            guard text.contains(group) || text.hasPrefix("@") else { return false }
            above -= 1
        }
        return false
    }
}

extension StringProtocol {
    var trimmed: String {
        var text = self[startIndex...]
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
