extension Rule {
    /// What people outside wrote is its bytes: Swift's `String` calls two spellings of one letter
    /// equal, the databases do not.
    static let text = [
        Rule(
            "a dictionary or set of Strings says whose words they are",
            planted: "Services/Orders/Bad.swift", "var byOwner: [String: Int] = [:]"
        ) { file in
            guard file.isIn("Services", "Shared/Storage", "Shared/Saga", "Shared/Wire") else {
                return []
            }
            let keyed = ["[String:", "Set<String>", "OpenSums<String>", "Dictionary<String"]
            return file.code.indices.filter { line in
                keyed.contains { file.code[line].contains($0) }
                    // Details of errors: the keys are this program's.
                    && !file.code[line].contains("[String: Value]")
                    && !file.isExplained(line, group: "[String:")
            }
        },
        Rule(
            "what callers wrote is compared by its bytes",
            planted: "Services/Orders/Bad.swift",
            "let isSame = request.owner == stored.owner\n"
        ) { file in
            file.isIn("Services", "Shared") ? file.code.indices.filter(file.comparesTexts) : []
        },
        Rule(
            "a sum that wraps says why", planted: "Services/Orders/Bad.swift",
            "sums.revenue &+= row.revenue\n"
        ) { file in
            guard file.isIn("Services", "Shared/Storage", "Shared/Saga") else { return [] }
            return file.code.indices.filter { line in
                file.code[line].contains(/&[+-]=/) && !file.isExplained(line, group: "&+=")
            }
        },
        Rule(
            "a stored key has its texts as ByteText", planted: "Services/Orders/Bad.swift",
            "struct Key: CompoundKey {\n    let owner: String\n}\n"
        ) { file in
            guard file.isIn("Services", "Shared"), file.codeText.contains(/(Stored|Compound)Key {/)
            else {
                return []
            }
            var isInKey = false
            return file.code.indices.filter { line in
                let code = file.code[line]
                if code.contains(/(Stored|Compound)Key {/) && !code.contains("{}")
                    || code.contains("struct ID: Hashable")
                {
                    isInKey = true
                }
                if code.trimmed == "}" { isInKey = false }
                return isInKey && code.contains(/\b(let|var) \w+: String\b/)
            }
        },
    ]
}

extension SourceFile {
    /// The names of texts that callers make.
    private static let texts: Set = [
        "owner", "email", "provider", "paymentMethod", "title", "description", "location",
        "timezone", "entitlements", "identity",
    ]

    /// `x.owner == y`, `y != x.owner`; nil and a case such as `.owner` are no text.
    fileprivate func comparesTexts(_ line: Int) -> Bool {
        ["==", "!="].contains { sign in
            let sides = code[line].components(around: sign)
            return zip(sides, sides.dropFirst()).contains { before, after in
                let left = before.trimmed.split(separator: " ").last.map(String.init) ?? ""
                let right = after.trimmed.split(separator: " ").first.map(String.init) ?? ""
                let isOther = [left, right].contains { $0.hasPrefix("nil") || $0.hasPrefix(".") }
                return !isOther && [left, right].contains(where: Self.isText)
            }
        }
    }

    /// A path of members that ends in such a name.
    private static func isText(_ path: String) -> Bool {
        let parts = path.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        return path.contains(".") && parts.last.map { texts.contains(String($0)) } == true
    }
}

extension String {
    fileprivate func components(around sign: String) -> [String] {
        var (parts, rest) = ([String](), self[...])
        while let found = rest.firstRange(of: sign) {
            parts.append(String(rest[..<found.lowerBound]))
            rest = rest[found.upperBound...]
        }
        return parts + [String(rest)]
    }
}
