extension Rule {
    /// How long things are, and what is left over.
    static let form = [
        Rule(
            "a file has at most 400 lines", planted: "Shared/Wire/Long.swift",
            String(repeating: "let x = 1\n", count: 401)
        ) { file in
            file.path.hasSuffix(".swift") && file.lines.count > 401 ? [400] : []
        },
        Rule(
            "Main.swift has at most 30 lines", planted: "Services/Orders/Main/Main.swift",
            String(repeating: "let x = 1\n", count: 31)
        ) { file in
            file.name == "Main.swift" && file.isIn("Services") && file.lines.count > 31 ? [30] : []
        },
        Rule(
            "a line has at most 100 columns", planted: "deploy/long",
            "echo " + String(repeating: "x", count: 96)
        ) { file in
            guard !file.path.hasSuffix(".json"), !file.path.hasSuffix(".md") else { return [] }
            // Planted faults quote whole lines behind a mark.
            let most = file.path.hasSuffix(".faults") ? 101 : 100
            return file.lines.indices.filter {
                file.lines[$0].utf8.count > most && file.lines[$0].count > most
            }
        },
        Rule(
            "a function has at most 70 lines", planted: "Tests/Unit/Wire/Long.swift",
            "func long(\n    body: () -> Void = {}\n) {\n"
                + String(repeating: "    body()\n", count: 71) + "}\n"
        ) { file in
            FunctionLengths(file.code).functions.filter { $0.lines > 70 }.map(\.first)
        },
        Rule(
            "no marker is left over", planted: "deploy/left", "# " + "TO" + "DO: later"
        ) { file in
            let markers = ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "TB" + "D", "WI" + "P"]
            return file.lines.indices.filter { line in
                markers.contains { file.lines[line].hasWord($0) }
            }
        },
        Rule(
            "no code is commented out", planted: "Shared/Wire/Old.swift",
            "func f() {\n    // let x = try read()\n}\n"
        ) { file in
            file.path.hasSuffix(".swift") ? file.lines.indices.filter { file.isOldCode($0) } : []
        },
        Rule(
            "nothing knows the machine it was written on", planted: "README.md",
            "see /wo" + "rk/main"
        ) { file in
            let places = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/Us" + "ers/"]
            return file.lines.indices.filter { line in
                places.contains { file.lines[line].has($0) }
            }
        },
    ]
}

extension SourceFile {
    /// A plain comment that reads like Swift; documentation may show code.
    fileprivate func isOldCode(_ line: Int) -> Bool {
        guard lines[line].has("//") else { return false }
        let text = lines[line].trimmed
        guard text.hasPrefix("//"), !text.hasPrefix("///"), code[line].trimmed.isEmpty,
            literals[line].trimmed.isEmpty
        else { return false }
        let body = text.dropFirst(2).trimmed
        if body == "}" || body.hasSuffix(" {") { return true }
        let isBinding = body.hasPrefix("let ") || body.hasPrefix("var ")
        let isCall = body.contains(/^(try |await )*\w+(\.\w+)*\(.*\)$/)
        return isCall || isBinding && body.contains(" = ")
    }
}
