import Contracts
import FoundationEssentials
import RPC
import Testing
import Text
import Wire

/// What a request may hold of words and texts, over the field tables of all methods.
@Suite struct WordsTests {
    static let methods = InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods

    /// What only names something that is stored, or is passed on as it came.
    static let raw: Set = [
        "inventory.GetAvailability owner", "orders.ListOrders owner",
        "payments.IngestWebhook headers[0].name", "payments.IngestWebhook headers[0].value",
        "payments.ReplayWebhook provider", "payments.ReplayWebhook eventId",
        "payments.LedgerBalance prefix",
    ]

    @Test func aWordThatNobodyKnowsIsRefusedByName() throws {
        var count = 0
        for method in Self.methods {
            for (path, words) in Self.leaves(method.request) {
                guard case .word(let known) = words else { continue }
                count += 1
                // The third is the first word, spelled with another K or with an accent.
                for strange in [
                    "STRANGE", known[0].lowercased() + "\u{301}", Self.respelled(known),
                ] {
                    let problems = try Self.problems(
                        in: Self.body(method.request, with: path, .text(strange)),
                        of: method.requestBody)
                    #expect(
                        problems.map(\.description) == [
                            "\(path) must be one of \(known.joined(separator: ", ")), "
                                + "not \(strange.quoted)"
                        ], "\(method.name)")
                }
                #expect(
                    try Self.problems(
                        in: Self.body(method.request, with: path, .text(known[0])),
                        of: method.requestBody
                    ).isEmpty)
            }
        }
        #expect(count >= 9)
    }

    @Test func whatIsNotSeenIsRefusedInEveryText() throws {
        var taken: Set<String> = []
        for method in Self.methods {
            for (path, type) in Self.leaves(method.request) {
                guard case .text(let maxBytes, _) = type, maxBytes > 3 else { continue }
                let problems = try Self.problems(
                    in: Self.body(method.request, with: path, "\u{202E}"), of: method.requestBody)
                if problems.isEmpty {
                    taken.insert("\(method.name) \(path)")
                } else {
                    #expect(problems.map(\.field) == [path], "\(method.name)")
                }
            }
        }
        #expect(taken == Self.raw)
    }

    @Test func everySampleIsAGoodRequest() throws {
        for method in Self.methods {
            let problems = try Self.problems(in: Self.body(method.request), of: method.requestBody)
            #expect(problems == [], "\(method.name)")
        }
    }

    /// What a service tells of a body: its reading refuses it, and the table says why.
    private static func problems<Request: Body>(
        in body: [UInt8], of request: Request.Type
    ) throws -> [FieldProblem] {
        do {
            _ = try CBOR.decodeStrictly(request, from: body[...])
            return []
        } catch let error as FieldErrors { return error.problems }
    }

    // MARK: Samples

    /// Every field that is no message, by its path.
    private static func leaves(_ fields: [Field], in path: String = "") -> [(String, FieldType)] {
        fields.flatMap { leaves($0.type, at: path.isEmpty ? $0.name : "\(path).\($0.name)") }
    }

    private static func leaves(_ type: FieldType, at path: String) -> [(String, FieldType)] {
        switch type {
        case .message(let fields, _): leaves(fields, in: path)
        case .list(let element, _): leaves(element, at: "\(path)[0]")
        default: [(path, type)]
        }
    }

    static func body(
        _ fields: [Field], with path: String = "", _ value: Value = .null
    ) throws -> [UInt8] {
        CBOR.encode(try sample(fields, "", path, value))
    }

    private static func sample(
        _ fields: [Field], _ here: String, _ path: String, _ value: Value
    ) throws -> Value {
        .map(
            try fields.map { field in
                let place = here.isEmpty ? field.name : "\(here).\(field.name)"
                return (field.name, try sample(field.type, place, path, value))
            })
    }

    private static func sample(
        _ type: FieldType, _ here: String, _ path: String, _ value: Value
    ) throws -> Value {
        if here == path { return value }
        switch type {
        case .flag: return .bool(true)
        case .integer(let range): return .integer(range.lowerBound)
        case .text(_, let rule):
            let texts = ["a", "EUR", "ann@example.org"]
            return .text(try #require(texts.first { rule.problem($0) == nil }))
        case .bytes: return .bytes([1])
        case .id: return .id(.init(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)))
        case .instant: return .integer(0)
        case .word(let words): return .text(words[0])
        case .message(let fields, _): return try sample(fields, here, path, value)
        case .list(let element, _):
            return .array([try sample(element, "\(here)[0]", path, value)])
        case .map, .any: return .map([])
        }
    }

    /// A word with a letter that Unicode calls the same: the sign of the kelvin for a K.
    private static func respelled(_ words: [String]) -> String {
        let word = words.first { $0.contains("K") } ?? words[0]
        return String(
            String.UnicodeScalarView(
                word.unicodeScalars.map { $0 == "K" ? "\u{212A}" : $0 }))
            + (word.contains("K") ? "" : "\u{301}")
    }
}
