import Testing

@Suite struct RuleTests {
    @Test(arguments: Rule.all)
    func holdsInEveryFile(_ rule: Rule) {
        for file in SourceTree.current.files {
            for line in rule.breaches(file) {
                Issue.record("\(file.path):\(line + 1): \(file.lines[line].trimmed)")
            }
        }
    }

    @Test(arguments: Rule.all)
    func findsWhatIsPlanted(_ rule: Rule) {
        #expect(!rule.breaches(rule.planted).isEmpty)
    }

    @Test func readsTheWholeTree() {
        #expect(SourceTree.current.swift.count > 100)
        for folder in ["Services", "Shared", "Tests", "deploy"] {
            #expect(SourceTree.current.files.contains { $0.isIn(folder) })
        }
    }

    @Test func proseAndLiteralsAreNoCode() {
        let text = #"""
            let a = "Task {" // Task {
            /* Task { /* Task { */ */ let b = """
                Task { \(f("Task {")) \"""
                """
            let c = #"Task { "# + "\"Task {"
            """#
        let file = SourceFile(path: "Services/X/Y.swift", text: text)
        #expect(file.code(with: ["Task {"]).isEmpty)
        #expect(file.code(with: ["let"]) == [0, 1, 4])
        #expect(file.code.map(\.utf8.count) == file.lines.map(\.utf8.count))
    }
}
