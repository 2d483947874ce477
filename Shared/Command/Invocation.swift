internal import Text

/// What the command line asks for.
enum Invocation: Equatable {
    case serve(flags: [String: String])
    case call(method: String, json: String, flags: [String: String])
    case describe(name: String?)
    case describeReasons
    case describeLimits
    case health(flags: [String: String])
    case verify(settles: Bool, flags: [String: String])
    case migrateStore(source: String, flags: [String: String])
    case help
    case version

    private static let clientFlags = [
        "--address", "--credentials", "--as", "--timeout-ms", "--plaintext",
    ]

    /// Reads the words behind the program's name.
    init(_ words: [String], serveFlags: [String]) throws(UsageError) {
        var words = words[...]
        let isCommand = words.first.map { !$0.hasPrefix("-") } ?? false
        let command = isCommand ? words.removeFirst() : nil
        if command == nil, words == ["--help"] || words == ["-h"] {
            self = .help
            return
        }
        if command == nil, words == ["--version"] {
            self = .version
            return
        }
        switch command ?? "serve" {
        case "serve":
            let (rest, flags, _) = try Self.split(words, valued: serveFlags)
            try Self.expect(rest, atMost: 0, "serve")
            self = .serve(flags: flags)
        case "call":
            let (rest, flags, _) = try Self.split(words, valued: Self.clientFlags + ["--actor"])
            try Self.expect(rest, atMost: 2, "call METHOD JSON")
            guard let method = rest.first else { throw UsageError("call needs a METHOD") }
            self = .call(method: method, json: rest.dropFirst().first ?? "{}", flags: flags)
        case "describe":
            let tables = ["--reasons", "--limits"]
            let (rest, _, switches) = try Self.split(words, valued: [], switches: tables)
            let usage = "describe [METHOD | REASON | --reasons | --limits]"
            try Self.expect(rest + switches, atMost: 1, usage)
            switch switches.first {
            case "--reasons": self = .describeReasons
            case "--limits": self = .describeLimits
            default: self = .describe(name: rest.first)
            }
        case "health":
            let (rest, flags, _) = try Self.split(words, valued: Self.clientFlags)
            try Self.expect(rest, atMost: 0, "health")
            self = .health(flags: flags)
        case "verify":
            let (rest, flags, switches) = try Self.split(
                words, valued: Self.clientFlags, switches: ["--settle"])
            try Self.expect(rest, atMost: 0, "verify")
            self = .verify(settles: switches.contains("--settle"), flags: flags)
        case "migrate-store":
            var (rest, flags, _) = try Self.split(words, valued: serveFlags + ["--from"])
            try Self.expect(rest, atMost: 0, "migrate-store --from sqlite:FILE")
            guard let source = flags.removeValue(forKey: "--from") else {
                throw UsageError("migrate-store needs --from sqlite:FILE")
            }
            self = .migrateStore(source: source, flags: flags)
        case "help": self = .help
        case "version": self = .version
        case let other: throw UsageError("there is no command \(other.quoted)")
        }
    }

    /// Splits `--flag value`, `--flag=value`, switches and plain words.
    private static func split(
        _ words: ArraySlice<String>, valued: [String], switches: [String] = []
    ) throws(UsageError) -> (rest: [String], flags: [String: String], switches: [String]) {
        var (rest, flags, set) = ([String](), [String: String](), [String]())
        var words = words
        while let word = words.popFirst() {
            guard word.hasPrefix("--") else {
                rest.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            if switches.contains(word) {
                set.append(word)
            } else if let name = parts.first, valued.contains(name) {
                guard let value = parts.count == 2 ? parts[1] : words.popFirst() else {
                    throw UsageError("\(name) needs a value")
                }
                flags[name] = value
            } else {
                let known = (valued + switches).joined(separator: ", ")
                throw UsageError(
                    "there is no flag \(word.quotedUnlessPlain) here"
                        + (known.isEmpty ? "" : "; there are: \(known)")
                )
            }
        }
        return (rest, flags, set)
    }

    private static func expect(
        _ rest: [String], atMost count: Int, _ usage: String
    ) throws(UsageError) {
        guard rest.count <= count else {
            throw UsageError("\"\(rest[count])\" is one word too many: \(usage)")
        }
    }
}

/// A command line that cannot be understood.
struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
