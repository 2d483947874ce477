import Contracts
import Foundation
import RPC
import Testing
import Wire

/// Every reason that a caller can meet is in the one table, and what the table says of it is true.
@Suite struct ReasonTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
    private static let page = root.appending(path: "Shared/Contracts/reasons.md")

    /// `TURNSTILE_WRITE_SCHEMA=1 swift test --filter ReasonTests` writes it anew.
    @Test func thePageIsMadeFromTheTable() throws {
        if ProcessInfo.processInfo.environment["TURNSTILE_WRITE_SCHEMA"] != nil {
            try ReasonPage.text.write(to: Self.page, atomically: true, encoding: .utf8)
        }
        #expect(
            try String(contentsOf: Self.page, encoding: .utf8) == ReasonPage.text,
            "run this test with TURNSTILE_WRITE_SCHEMA=1, and look at what has changed")
    }

    @Test func eachNameStandsOnce() {
        let names = Reason.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.count == Reason.groups.map(\.1.count).reduce(0, +))
    }

    /// What is declared is in the table, and is given by some code.
    @Test func theTableHoldsWhatIsGiven() throws {
        var declared: [String: String] = [:]
        var given: Set<String> = []
        for text in try Self.sources() where text.contains("Reason") || text.contains("RPCError") {
            let declarations = text.matches(of: /static let `?(\w+)`? = Reason\(\s*"([A-Z_]+)"/)
            for match in declarations { declared[String(match.1)] = String(match.2) }
            // Whoever makes up a reason on the spot evades the table.
            let made = text.matches(of: /\bReason\(\s*"/).count
            #expect(made == declarations.count, "\(text.prefix(300))")
            guard declarations.isEmpty else { continue }
            for match in text.matches(of: /\.(\w+)/) { given.insert(String(match.1)) }
        }
        #expect(Set(declared.values) == Set(Reason.all.map(\.name)))
        for (member, name) in declared {
            #expect(given.contains(member), "nothing answers \(name)")
        }
    }

    /// Names stand between backticks, and nowhere else.
    @Test(arguments: Reason.all)
    func namesWhatExists(_ reason: Reason) throws {
        let fields = reason.detail ?? []
        for text in [reason.sentence] + fields.map(\.note) {
            let parts = text.components(separatedBy: "`")
            #expect(parts.count % 2 == 1, "\(text)")
            for (index, part) in parts.enumerated() {
                if index % 2 == 1 {
                    #expect(Self.known(part, fields), "\(reason.name) names \(part)")
                } else {
                    #expect(
                        part.firstMatch(of: /[a-z][A-Z]|[a-z]\.[A-Za-z]|_|--/) == nil,
                        "\(reason.name) names something outside of backticks: \(part)")
                }
            }
        }
        #expect(reason.sentence.hasSuffix("."))
        #expect(!reason.sentence.contains(". "), "one sentence")
    }

    private static let methods = InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods

    /// A method, a command, or a field: of the detail, an error, a hello, a context or a message.
    private static func known(_ name: String, _ detail: [Field]) -> Bool {
        let envelope = ["retryAfterMs", "actor", "entitlements", "versions", "maxFrame"]
        let commands = ["describe", "orders verify"]
        return methods.contains { $0.name == name } || commands.contains(name)
            || envelope.contains(name) || detail.contains { $0.name == name }
            || methods.contains { $0.request.names.union($0.reply.names).contains(name) }
    }

    /// Any sentence in the services' own words: a method that it names exists.
    @Test func messagesNameMethodsThatExist() throws {
        let names = Set(Self.methods.map(\.name))
        for text in try Self.sources() {
            for match in text.matches(of: /\b(?:inventory|orders|payments)\.[A-Z][A-Za-z]+\b/) {
                #expect(names.contains(String(match.0)), "\(match.0)")
            }
        }
    }

    /// A status that no method leads to is no promise of ours.
    @Test func statesAreThoseThatMethodsReach() throws {
        var given: Set<String> = []
        for text in try Self.sources() {
            for match in text.matches(of: /status(?: =|:) \.(\w+)/) {
                given.insert(String(match.1).uppercased())
            }
        }
        let tables = InventoryAPI.methods.flatMap(\.reply) + InventoryFact.all.flatMap(\.body)
        let listed = tables.words(of: "status")
        #expect(!listed.isEmpty && listed.isSubset(of: given), "\(listed) \(given)")
    }

    /// What `kind` says is what the schema has a body for.
    @Test func everyKindOfFactHasABody() throws {
        let names = Set((InventoryFact.all + OrdersFact.all + PaymentsFact.all).map(\.name))
        var declared: Set<String> = []
        for text in try Self.sources() {
            for match in text.matches(of: /static let \w+ = "([a-z]+\.[a-z_]+)"/) {
                declared.insert(String(match.1))
            }
        }
        #expect(declared.subtracting(["feed.diverged"]) == names)
    }

    private static func sources() throws -> [String] {
        try ["Shared", "Services"].flatMap { folder in
            let files = FileManager.default.enumerator(
                at: root.appending(path: folder), includingPropertiesForKeys: nil)
            return try (files?.allObjects ?? []).compactMap { $0 as? URL }
                .filter { $0.pathExtension == "swift" }
                .map { try String(contentsOf: $0, encoding: .utf8) }
        }
    }
}

extension [Field] {
    /// The names in the table and in those below it.
    fileprivate var names: Set<String> {
        reduce(into: []) { names, field in
            names.insert(field.name)
            names.formUnion(field.type.below.names)
        }
    }
}

extension [Field] {
    /// The words that fields of a name may hold, here and below.
    fileprivate func words(of name: String) -> Set<String> {
        reduce(into: []) { words, field in
            if field.name == name, case .word(let all) = field.type { words.formUnion(all) }
            words.formUnion(field.type.below.words(of: name))
        }
    }
}

extension FieldType {
    fileprivate var below: [Field] {
        switch self {
        case .message(let fields, _): fields
        case .list(let type, _), .map(let type, _): type.below
        default: []
        }
    }
}
