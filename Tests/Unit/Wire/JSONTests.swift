import FoundationEssentials
import Support
import Testing
import Wire

@Suite struct JSONTests {
    @Test func readsWhatItWrites() throws {
        let value: Value = [
            "text": "a\"\\\n\u{1}€", "list": [1, -2, true, .null, []], "map": ["a": ["b": [:]]],
        ]
        #expect(try Value(json: value.json) == value)
        #expect(try Value(json: value.prettyJSON) == value)
        #expect(value.json.hasPrefix(#"{"text":"a\"\\\n\u0001€","list":[1,-2,true,null,[]]"#))
        #expect((["a": [1]] as Value).prettyJSON == "{\n  \"a\": [\n    1\n  ]\n}")
    }

    @Test func readsEscapes() throws {
        #expect(try Value(json: #""\u00fc\ud800\udd51\/\b\f\r\t""#) == "ü𐅑/\u{8}\u{c}\r\t")
        #expect(try Value(json: " [ 0 , -0 , 9223372036854775807 ] ") == [0, 0, .integer(.max)])
    }

    @Test(arguments: [
        ("", 0), ("nul", 0), ("{", 1), ("{a:1}", 1), ("{\"a\" 1}", 5), ("{\"a\":1,}", 7),
        ("[1 2]", 3), ("[1,]", 3), ("\"a", 0), ("\"\\x\"", 3), ("\"\\ud800\"", 7), ("\"\\u12\"", 3),
        ("01", 0), ("1.0", 0), ("1e3", 0), ("9223372036854775808", 0), ("-", 0), ("1 1", 2),
        ("\"\u{1}\"", 2), ("{\"a\":1,\"a\":2}", 10),
    ])
    func refuses(_ json: String, _ offset: Int) {
        let error = #expect(throws: JSONError.self) { try Value(json: json) }
        #expect(error?.offset == offset)
    }

    @Test func nestingIsLimited() throws {
        func nest(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try Value(json: nest(16))
        #expect(throws: JSONError.self) { try Value(json: nest(17)) }
        #expect(throws: JSONError.self) { try Value(json: nest(100_000)) }
    }

    @Test func idsAndBytesAreText() {
        let id = SampleReserve.example.holdId
        let value: Value = [.id(id), .bytes([255, 0])]
        #expect(value.json == "[\"0199d3a0-7c1e-7b9e-8f7e-2f4e6d7a1b2c\",\"/wA=\"]")
    }

    /// Foundation's coders see a value as what it is.
    @Test func foundationsCodersAgree() throws {
        let value: Value = ["a": [1, "x", false, .null], "b": ["c": -1]]
        let data = try JSONEncoder().encode(value)
        #expect(try JSONDecoder().decode(Value.self, from: data) == value)
    }
}
