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
        // The compiler wraps it anew with each look, and the wrappers are never taken off: a call
        // of a closure that was looked at ten thousand times took 40 µs.
        Rule(
            "a closure under a lock stands in a struct", planted: "Shared/Storage/Bad.swift",
            "let told = Mutex<(@Sendable ([UUID]) -> Void)?>(nil)\n"
        ) { file in
            file.code.indices.filter { file.code[$0].contains(/\bMutex<\(?[@(][^{]*->/) }
        },
        Rule(
            "a process ends by endProcess, not by exit",
            planted: "Tests/Programs/Demo/Bad.swift", "if isDone { exit(0) }\n"
        ) { file in
            // libFuzzer counts on what happens at an exit.
            guard !file.isIn("Tests/Programs/Fuzz") else { return [] }
            return file.code.indices.filter { file.code[$0].contains(/(?:^|[^\w.])exit\(/) }
        },
        Rule(
            "ids in words are in lower case: id.text, or an interpolation that Lifecycle gives",
            planted: "Services/Orders/Bad.swift",
            "import FoundationEssentials\n\nlet a = id.uuidString\nlet b = \"order \\(id)\"\n"
        ) { file in
            guard file.isIn("Services") else { return [] }
            let capitals = file.code(with: [".uuidString"]).filter {
                !file.isExplained($0, group: ".uuidString")
            }
            let isFolded = file.code(with: ["import Lifecycle"]).isEmpty == false
            let sees = !file.code(with: ["import FoundationEssentials"]).isEmpty
            let words = file.literals.indices.filter { file.literals[$0].contains("\\(") }
            return capitals + (sees && !isFolded ? words : [])
        },
        Rule(
            "what is unknown is told by RPCError.unknown, with its kind and id",
            planted: "Services/Orders/Bad.swift",
            "throw RPCError(\n    .orderNotFound, \"there is none\")\n"
        ) { file in
            guard file.isIn("Services") else { return [] }
            let text = file.codeText
            return text.matches(of: /RPCError\(\s*\.\w*[nN]otFound\b/).map {
                text[..<$0.range.lowerBound].count { $0 == "\n" }
            }
        },
        Rule(
            "a line of the log has one word for a thing, and none twice",
            planted: "Services/Orders/Bad.swift",
            "log.info(\n    \"saga.parked\",\n    [\"step\": step, \"saga\": id])\n"
        ) { file in
            guard file.isIn("Shared", "Services") else { return [] }
            // The line's own keys, and other words for order, hold, payment, refund.
            let wrong: Set = [
                "at", "level", "service", "event", "saga", "checkout", "orderId", "holdId",
                "paymentId", "refundId", "eventId", "checkoutId",
            ]
            let text = file.lines.joined(separator: "\n")
            let call = /log\.(?:debug|info|warning|error)\(\s*"[^"]*",\s*\[([^\]]*)\]/
            return text.matches(of: call).filter { match in
                match.1.matches(of: /"(\w+)":/).contains { wrong.contains(String($0.1)) }
            }.map { text[..<$0.range.lowerBound].count { $0 == "\n" } }
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
            "who did it is the identity with its actor, `CallContext.caller`",
            planted: "Services/Orders/Bad.swift", "log.info(\"x\", [\"by\": call.identity])\n"
        ) { file in
            guard file.isIn("Services", "Shared/Publishing") else { return [] }
            // Pages of a feed are counted for each identity.
            return file.code.indices.filter { line in
                let code = file.code[line]
                return ["call.identity", "actor?.id", "actor.id"].contains { code.contains($0) }
                    && !code.contains("Page(of:")
            }
        },
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
        Rule(
            "threads are started by WorkerThread, which tells when one cannot be",
            planted: "Shared/Net/Bad.swift", "pthread_create(&thread, nil, body, nil)\n"
        ) { file in
            file.name == "WorkerThread.swift" ? [] : file.code(with: ["pthread_create"])
        },
        Rule(
            "what is due is read by its ids, so that one bad row hides no other",
            planted: "Services/Payments/Bad.swift",
            "reader.select(\n    Row.self, where: \"next_try_at <= \\(reader.now)\")\n"
        ) { file in
            guard file.isIn("Services") else { return [] }
            return file.lines.indices.filter { line in
                file.lines[line].contains("_at <= \\(reader.now)")
                    && file.lines[max(0, line - 5)...line].contains {
                        $0.contains("reader.select(")
                    }
            }
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
