extension Rule {
    /// What the compiler cannot check, and what may end a process.
    static let safety = [
        Rule(
            "Foundation is FoundationEssentials", planted: "Shared/Wire/Bad.swift",
            "internal import Foundation\n"
        ) { file in
            file.isIn("Shared", "Services")
                ? file.code(with: ["import Foundation", "import FoundationNetworking"]) : []
        },
        explained(
            "@unchecked Sendable", "final class C: @unchecked Sendable {}"),
        explained(
            "nonisolated(unsafe)", "import Glibc\n\nnonisolated(unsafe) var x = 1"),
        explained("fatalError", "func f() {\n    fatalError()\n}"),
        explained("preconditionFailure", "func f() {\n    preconditionFailure()\n}"),
        explained("precondition", "func f() {\n    precondition(1 == 1)\n}"),
        explained("try!", "let x = try! f()"),
        explained("as!", "let x = y as! Int"),
        Rule(
            "SQL is a literal whose values are binds",
            planted: "Services/Orders/Store/Bad.swift",
            "let a = SQL(stringLiteral: text)\nlet b = \"SELECT a FROM b WHERE c = \" + d\n"
        ) { file in
            guard file.isIn("Shared", "Services") else { return [] }
            let made = file.path == "Shared/Storage/Rows/SQL.swift" ? [] : ["SQL(stringLiteral:"]
            let joined = file.literals.indices.filter { line in
                file.code[line].has("+")
                    && file.literals[line].contains(
                        /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE)\s/)
                    && file.code[line].contains(/\+\s*$|\+ [a-z]|^\s*\+/)
                    && !file.isIn("Shared/Storage")
            }
            return file.code(with: made) + joined
        },
    ]

    /// A construct that needs a sentence next to it saying why it is sound.
    private static func explained(_ construct: String, _ planted: String) -> Rule {
        Rule("\(construct) says why", planted: "Shared/Wire/Bad.swift", planted) { file in
            guard file.isIn("Shared", "Services") else { return [] }
            return file.code(with: [construct]).filter {
                !file.isExplained($0, group: construct)
            }
        }
    }
}
