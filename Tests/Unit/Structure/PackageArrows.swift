/// What Package.swift lets each target import, read from its table of targets.
struct PackageArrows: Sendable {
    private(set) var uses: [String: Set<String>] = [:]

    init(_ lines: [String]) {
        let text = lines.joined(separator: "\n")
        let lists = text.matches(of: /let (\w+) = \[([^\]]*)\]/).reduce(into: [:]) {
            $0[String($1.output.1)] = Self.names($1.output.2)
        }
        let inMain =
            text.firstMatch(of: /needs\(\[name, ([^\]]*)\]\)/).map { Self.names($0.output.1) } ?? []
        let calls = text.matches(
            of:
                #/
                (system|shared|service|program|kit|tests)\(\s*"(\w+)"
                (?:,\s*in:\s*"\w+")?(?:,\s*uses:\s*([^)]*))?\)
                /#)
        let written = text.matches(
            of: /[tT]arget\(\s*name: "(\w+)",\s*dependencies: needs\(\[([^\]]*)\]\)/)
        for call in written { uses[String(call.output.1)] = Self.names(call.output.2) }
        for call in calls {
            let name = String(call.output.2)
            var names = Set<String>()
            for part in (call.output.3 ?? "").split(separator: "+") {
                names.formUnion(lists[part.trimmed] ?? Self.names(part))
            }
            switch call.output.1 {
            case "service":
                uses[name] = names
                uses[name + "Main"] = inMain.union([name])
            case "tests": uses[name + "Tests"] = names
            default: uses[name] = names
            }
        }
    }

    private static func names(_ text: Substring) -> Set<String> {
        Set(text.matches(of: /"(\w+)"/).map { String($0.output.1) })
    }
}
