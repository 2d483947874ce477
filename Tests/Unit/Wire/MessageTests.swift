import FoundationEssentials
import Support
import Testing
import Wire

/// A message with a field of each kind.
private struct Kinds: Message, Equatable {
    var flag = true
    var number = Int64.min
    var text = "Größe"
    var bytes = Data([1, 2])
    var id = SampleReserve.example.holdId
    var any: Value = ["n": .null]
    var list = ["a", "b"]
    var map: [String: Int64] = ["pear": 1, "fig": 2, "apple": 3, "kiwi": 4, "7": 5]
    var maybe: [Int64]?
}

extension Kinds {
    init(_ f: some FieldWalk, _ it: Written<Self>) {
        flag = f("flag", it, "a flag") { $0.flag }
        number = f("number", it, .integer(Int64.min...9)) { $0.number }
        text = f("text", it, .text(maxBytes: 9)) { $0.text }
        bytes = f("bytes", it, .bytes(maxBytes: 2)) { $0.bytes }
        id = f("id", it) { $0.id }
        any = f("any", it) { $0.any }
        list = f("list", it, .list(.text(maxBytes: 1), maxCount: 2)) { $0.list }
        map = f("map", it, .map(.integer(0...9), maxCount: 5)) { $0.map }
        maybe = f("maybe", it, .list(.integer(0...9), maxCount: 5)) { $0.maybe }
    }
}

@Suite struct MessageTests {
    private func entries(_ bytes: [UInt8]) throws -> [(String, Value)] {
        guard case .map(let entries) = try CBOR.decode(Value.self, from: bytes) else { return [] }
        return entries
    }

    @Test func aMessageIsAMapInTheOrderOfItsFields() throws {
        let bytes = CBOR.encode(SampleReserve.example)
        #expect(bytes.count > 200)
        #expect(bytes.hex.hasPrefix("a866686f6c644964d82550"))
        #expect(try CBOR.decode(SampleReserve.self, from: bytes) == .example)
        #expect(try CBOR.decodeStrictly(SampleReserve.self, from: bytes[...]) == .example)
    }

    @Test func keysAreReadInAnyOrder() throws {
        let entries = try entries(CBOR.encode(SampleReserve.example))
        var random = Seeded(1)
        for _ in 0..<50 {
            let shuffled = CBOR.encode(Value.map(entries.shuffled(using: &random)))
            #expect(try CBOR.decode(SampleReserve.self, from: shuffled) == .example)
        }
    }

    @Test func absentAndNullMeanTheSame() throws {
        var request = SampleReserve.example
        request.promoCode = nil
        request.fence = nil
        let bytes = CBOR.encode(request)
        #expect(bytes.first == 0xa6)
        let withNulls = CBOR.encode(
            Value.map([("promoCode", .null)] + (try entries(bytes)) + [("fence", .null)]))
        for bytes in [bytes, withNulls] {
            #expect(try CBOR.decode(SampleReserve.self, from: bytes) == request)
        }
    }

    @Test func unknownKeysAreSkippedButChecked() throws {
        let known = try entries(CBOR.encode(SampleReserve.example.fence ?? .blank))
        let more = known + [("z", [1, [:], .null] as Value)]
        #expect(
            try CBOR.decode(SampleReserve.Fence.self, from: CBOR.encode(Value.map(more))).epoch == 7
        )
        var bytes = CBOR.encode(Value.map(known))
        bytes[0] += 1
        #expect(throws: CBORError(offset: bytes.count + 2, .floatingPoint)) {
            try CBOR.decode(
                SampleReserve.Fence.self, from: bytes + [UInt8](hex: "617af90000"))
        }
    }

    @Test func duplicateKeysAreRefused() throws {
        let entries = try entries(CBOR.encode(SampleReserve.example))
        for extra in [
            [("holdId", entries[0].1)], [("purpose", "CART")], [("new", 1), ("new", 2)],
        ] as [[(String, Value)]] {
            let bytes = CBOR.encode(Value.map(entries + extra))
            #expect(throws: CBORError.self) { try CBOR.decode(SampleReserve.self, from: bytes) }
            #expect(throws: CBORError.self) {
                try CBOR.decodeStrictly(SampleReserve.self, from: bytes[...])
            }
        }
    }

    @Test func missingKeysAndWrongTypesAreNamedWithTheirOffset() throws {
        #expect(throws: CBORError(offset: 0, .missingKey("orderId"))) {
            try CBOR.decode(SampleReserve.Fence.self, from: [UInt8](hex: "a1617801"))
        }
        let wrong = CBOR.encode(["orderId": 1, "epoch": 2] as Value)
        #expect(throws: CBORError(offset: 9, .mismatch(expected: "an id", found: "an integer"))) {
            try CBOR.decode(SampleReserve.Fence.self, from: wrong)
        }
    }

    @Test func everyKindOfFieldComesThrough() throws {
        for kinds in [Kinds(), Kinds(map: [:], maybe: []), Kinds(text: "a", maybe: [1, 9])] {
            let bytes = CBOR.encode(kinds)
            #expect(try CBOR.decode(Kinds.self, from: bytes) == kinds)
            #expect(try CBOR.decodeStrictly(Kinds.self, from: bytes[...]) == kinds)
        }
        let sorted: Value = ["7": 5, "fig": 2, "kiwi": 4, "pear": 1, "apple": 3]
        #expect(try entries(CBOR.encode(Kinds())).first { $0.0 == "map" }?.1 == sorted)
        let map = Dictionary(uniqueKeysWithValues: (0..<300).map { ("key\($0)", Int64($0)) })
        #expect(try CBOR.decode(Kinds.self, from: CBOR.encode(Kinds(map: map))).map == map)
    }

    /// A request is held to the rules of its fields, a reply is not: a later version may have
    /// wider ones. All that is wrong is told at once.
    @Test func onlyRequestsAreHeldToTheRules() throws {
        let wide = Kinds(
            number: 10, text: "", bytes: Data([1, 2, 3]), list: ["a", "b", "c"], map: ["a": 10],
            maybe: [0, 0, 0, 0, 0, 0])
        let bytes = CBOR.encode(wide)
        #expect(try CBOR.decode(Kinds.self, from: bytes) == wide)
        let error = #expect(throws: FieldErrors.self) {
            try CBOR.decodeStrictly(Kinds.self, from: bytes[...])
        }
        #expect(
            error?.problems.map(\.field)
                == ["number", "text", "bytes", "list", "map.a", "maybe"])
    }

    @Test func aTableIsMadeOfTheFields() {
        #expect(
            Kinds.fields.summary == """
                flag    true or false                             a flag
                number  integer to 9
                text    text of at most 9 bytes
                bytes   at most 2 bytes, base64 in JSON
                id      id
                any     anything
                list    list of at most 2: text of at most 1 bytes
                map     object of at most 5 entries: 0 to 9
                maybe?  list of at most 5: 0 to 9
                """)
    }

    /// For a web shop in Swift: what its page sends as JSON is the request.
    @Test func messagesAreCodable() throws {
        let request = SampleReserve.example
        let json = try JSONEncoder().encode(request)
        let value = try Value(json: String(decoding: json, as: UTF8.self))
        #expect(value["holdId"] == .text(request.holdId.uuidString))
        #expect(try JSONDecoder().decode(SampleReserve.self, from: json) == request)
        let error = #expect(throws: FieldErrors.self) {
            try JSONDecoder().decode(
                SampleReserve.Fence.self, from: Data(#"{"epoch": -1, "order": 7}"#.utf8))
        }
        #expect(error?.problems.map(\.field) == ["order"])
    }

    @Test func aMessageOfManyFieldsHasALongHeader() throws {
        let bytes = CBOR.encode(Many(number: 7))
        #expect(bytes.hex.hasPrefix("b818"))
        #expect(try entries(bytes).count == 24)
    }
}

private struct Many: Message {
    let number: Int64

    init(number: Int64) { self.number = number }

    init(_ f: some FieldWalk, _ it: Written<Self>) {
        var numbers: [Int64] = []
        for key in Self.keys { numbers.append(f(key, it, .integer(0...9)) { $0.number }) }
        number = numbers.last ?? 0
    }

    static let keys: [StaticString] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s", "t", "u", "v", "w", "x",
    ]
}
