import FoundationEssentials
import Support
import Testing
import Wire

@Suite struct FieldTests {
    static let fields = [
        Field("id", .id),
        Field("name", .text(maxBytes: 5), "what people call it"),
        Field("count", .integer(1...10)),
        Field("least", .integer(0...Int64.max), required: false),
        Field("on", .flag, required: false),
        Field("at", .instant, required: false),
        Field("mode", .word(["FAST", "SLOW"]), required: false),
        Field("blob", .bytes(maxBytes: 3), required: false),
        Field(
            "lines", .list(.message([Field("n", .integer(0...9))]), maxCount: 2), required: false),
        Field("tags", .map(.text(maxBytes: 9), maxCount: 2), required: false),
        Field("any", .any, required: false),
    ]
    static let id: Value = .id(SampleReserve.example.holdId)
    static let good: [(String, Value)] = [("id", id), ("name", "abc"), ("count", 3)]

    @Test func aGoodBodyHasNoProblems() throws {
        let more: [(String, Value)] = [
            ("least", 0), ("on", false), ("at", 5), ("mode", "SLOW"), ("blob", .bytes([1, 2, 3])),
            ("lines", [["n": 1, "unknown": 2], ["n": 9]]), ("tags", ["a": "b"]), ("any", [.null]),
            ("unknown", ["deep": [1]]),
        ]
        #expect(try check(FieldTests.good + more) == [])
        #expect(try check((FieldTests.good + more).reversed()) == [])
        #expect(try check(FieldTests.good + [("on", .null)]) == [])
    }

    @Test(arguments: FieldTests.wrong)
    func problems(_ name: String, _ value: Value, _ expected: String) throws {
        let body = FieldTests.good.filter { $0.0 != name } + [(name, value)]
        #expect(try check(body).map(\.description) == [expected])
    }

    static let wrong: [(String, Value, String)] = [
        ("id", "x", "id must be an id, not text"),
        ("id", .null, "id is missing"),
        ("name", "", "name must not be empty"),
        ("name", "abcdef", "name must be at most 5 bytes of text, not 6"),
        ("name", 1, "name must be text, not an integer"),
        ("count", 0, "count must be from 1 to 10, not 0"),
        ("count", 11, "count must be from 1 to 10, not 11"),
        ("count", "3", "count must be an integer, not text"),
        ("least", -1, "least must be at least 0, not -1"),
        ("on", 1, "on must be true or false, not an integer"),
        ("at", "now", "at must be milliseconds since 1970, not text"),
        ("mode", "", "mode must be one of FAST, SLOW, not \"\""),
        ("mode", "LATER", "mode must be one of FAST, SLOW, not \"LATER\""),
        (
            "name", "a\u{202E}",
            "name must not hold U+202E, which is not seen or moves what is around it"
        ),
        ("name", "a ", "name must not begin or end with a blank"),
        ("tags", ["\u{202E}": 1], "tags.\"\\u202e\" must be text, not an integer"),
        ("blob", .bytes([1, 2, 3, 4]), "blob must be at most 3 bytes, not 4"),
        ("blob", "abc", "blob must be bytes, not text"),
        ("lines", [["n": 1], ["n": 10]], "lines[1].n must be from 0 to 9, not 10"),
        ("lines", [[:]], "lines[0].n is missing"),
        ("lines", [1], "lines[0] must be an object, not an integer"),
        (
            "lines", [["n": 1], ["n": 1], ["n": 1]],
            "lines must hold at most 2 elements, not 3"
        ),
        ("tags", ["a": 1], "tags.a must be text, not an integer"),
        (
            "tags", ["a": "1", "b": "2", "c": "3"],
            "tags must hold at most 2 entries, not 3"
        ),
        ("tags", true, "tags must be an object, not a flag"),
    ]

    @Test func allProblemsAreTold() throws {
        #expect(
            try check([("count", 0), ("name", 1)]).map(\.field) == ["count", "name", "id"])
        #expect(
            try FieldTests.fields.check([0x01]).map(\.description)
                == [" must be an object, not an integer"])
    }

    /// Ten thousand wrong elements have an answer that can be read.
    @Test func notMoreIsToldThanAReaderCanUse() throws {
        let table = [
            Field("lines", .list(.message([Field("n", .flag)]), maxCount: 5_000)),
            Field("tags", .map(.flag, maxCount: 5_000), required: false),
        ]
        let tags = Value.map((0..<4_000).map { ("\($0)", 1) })
        let lines = Value.array(Array(repeating: [:], count: 9_000))
        for (name, value) in [("tags", tags), ("lines", lines)] {
            #expect(try table.check(CBOR.encode(Value.map([(name, value)]))).count < 40)
        }
        // What is not looked at must keep to the profile all the same.
        #expect(throws: CBORError(offset: 10, .floatingPoint)) {
            try FieldTests.fields.check([UInt8](hex: "a1656c696e657383a0a0f90000"))
        }
    }

    @Test func bytesOutsideTheProfileAreRefused() {
        #expect(throws: CBORError(offset: 3, .floatingPoint)) {
            try FieldTests.fields.check([UInt8](hex: "a1617af90000"))
        }
        #expect(throws: CBORError(offset: 4, .duplicateKey("z"))) {
            try FieldTests.fields.check([UInt8](hex: "a2617a00617a00"))
        }
        #expect(throws: CBORError(offset: 1, .bytesAfterItem)) {
            try FieldTests.fields.check([UInt8](hex: "a000"))
        }
    }

    @Test func jsonBecomesTheSameBytesAsTheMessage() throws {
        let bytes = CBOR.encode(SampleReserve.example)
        let value = try CBOR.decode(Value.self, from: bytes)
        #expect(try SampleReserve.fields.encode(json: value.json) == bytes)
        #expect(try SampleReserve.fields.encode(json: value.prettyJSON) == bytes)
    }

    @Test(arguments: [
        ("{\"nmae\":\"a\"}", "nmae is no field here; there are: id, name, count, least"),
        ("{\"id\":\"12\"}", "id must be an id such as"),
        ("{\"mode\":\"QUICK\"}", "mode must be one of FAST, SLOW"),
        ("{\"blob\":\"?\"}", "blob must be base64"),
        ("{\"lines\":[{\"m\":1}]}", "lines[0].m is no field here; there are: n"),
        ("{\"count\":3}", "id is missing\nname is missing"),
        ("[]", "must be an object, not an array"),
        ("{\"count\":1.5}", "JSON, byte 9: 1.5 is not a whole number of 64 bits"),
    ])
    func mistypedJSON(_ json: String, _ expected: String) {
        let error = #expect(throws: (any Error).self) { try FieldTests.fields.encode(json: json) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(expected))
    }

    @Test func theTableIsAPageForPeople() {
        let table = [
            Field("holdId", .id, "made by the caller"),
            Field("lines", .list(.message([Field("quantity", .integer(1...10))]), maxCount: 20)),
            Field("promoCode", .text(maxBytes: 64), required: false),
        ]
        #expect(
            table.summary == """
                holdId      id                          made by the caller
                lines       list of at most 20: object
                  quantity  1 to 10
                promoCode?  text of at most 64 bytes
                """)
    }

    private func check(_ entries: [(String, Value)]) throws -> [FieldProblem] {
        try FieldTests.fields.check(CBOR.encode(Value.map(entries)))
    }
}
