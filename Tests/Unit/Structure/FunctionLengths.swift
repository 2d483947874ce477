/// Finds functions, initializers and subscripts in code without comments and literals, and how
/// many lines the body of each has.
struct FunctionLengths {
    private(set) var functions: [(first: Int, lines: Int)] = []

    private struct Open {
        let first: Int
        var body: (line: Int, depth: Int)?
    }

    init(_ code: [String]) {
        var open: [Open] = []
        var braces = 0
        var brackets = 0
        for (number, line) in code.enumerated() {
            // A declaration that never got a body is a protocol's requirement.
            if brackets == 0, Self.isDeclaration(line) {
                if let last = open.last, last.body == nil { open.removeLast() }
                open.append(Open(first: number))
            }
            for byte in line.utf8 {
                switch Character(UnicodeScalar(byte)) {
                case "(", "[": brackets += 1
                case ")", "]": brackets -= 1
                case "{":
                    if brackets == 0, let last = open.indices.last, open[last].body == nil {
                        open[last].body = (number, braces)
                    }
                    braces += 1
                case "}":
                    braces -= 1
                    if let last = open.last, let body = last.body, body.depth == braces {
                        functions.append((last.first, number - body.line - 1))
                        open.removeLast()
                    } else if brackets == 0, let last = open.last, last.body == nil {
                        open.removeLast()
                    }
                default: break
                }
            }
        }
    }

    private static func isDeclaration(_ line: String) -> Bool {
        guard line.has("func ") || line.has("init") || line.has("subscript")
        else { return false }
        return line.contains(/^\s*(@\S+\s+|[a-z]+(\(set\))?\s+)*(func\s|init[?(<]|subscript[(<])/)
    }
}
