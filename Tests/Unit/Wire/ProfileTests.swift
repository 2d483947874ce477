import Support
import Testing
import Wire

/// What is well-formed CBOR, but not in the profile or not in it twice.
@Suite struct ProfileTests {
    @Test(arguments: [
        ("1817", 0, CBORError.Problem.notShortest),
        ("190018", 0, .notShortest),
        ("1a0000ffff", 0, .notShortest),
        ("1b00000000ffffffff", 0, .notShortest),
        ("3800", 0, .notShortest),
        ("5800", 0, .notShortest),
        ("780161", 0, .notShortest),
        ("8200980100", 2, .notShortest),
        ("b8016100", 0, .notShortest),
        ("d9002550000102030405060708090a0b0c0d0e0f", 0, .notShortest),
        ("61ff", 0, .invalidUTF8),
        ("62c328", 0, .invalidUTF8),
        ("63eda080", 0, .invalidUTF8),
        ("a161ff00", 1, .invalidUTF8),
        ("a2616100616101", 4, .duplicateKey("a")),
        ("81a3616100616201616102", 8, .duplicateKey("a")),
        ("d82500", 2, .idIsNot16Bytes),
        ("d8254f000102030405060708090a0b0c0d0e", 2, .idIsNot16Bytes),
        ("d825", 2, .truncated),
        ("d82550000102", 2, .truncated),
        ("0000", 1, .bytesAfterItem),
        ("", 0, .truncated),
    ])
    func refused(_ hex: String, _ offset: Int, _ problem: CBORError.Problem) {
        #expect(throws: CBORError(offset: offset, problem)) {
            try CBOR.decode(Value.self, from: [UInt8](hex: hex))
        }
    }

    @Test func duplicatesAreFoundInLargeMapsToo() throws {
        for count in [23, 24, 25, 26, 1_000] {
            func bytes(last: Int) -> [UInt8] {
                var writer = CBORWriter()
                writer.mapHeader(count)
                for index in 0..<(count - 1) {
                    writer.text("key\(index)")
                    writer.null()
                }
                writer.text("key\(last)")
                writer.null()
                return writer.bytes
            }
            _ = try CBOR.decode(Value.self, from: bytes(last: count - 1))
            for last in [0, count / 2, count - 2] {
                #expect(throws: CBORError.self) {
                    try CBOR.decode(Value.self, from: bytes(last: last))
                }
            }
        }
    }

    @Test func everyIntegerAtAnEdge() throws {
        for number: Int64 in [
            0, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, .max, -1, -24, -25,
            -256, -257, -65_536, -65_537, -4_294_967_296, -4_294_967_297, .min,
        ] {
            #expect(try CBOR.decode(Int64.self, from: CBOR.encode(number)) == number)
        }
        #expect(throws: CBORError(offset: 0, .integerBeyondInt64)) {
            try CBOR.decode(Int64.self, from: [UInt8](hex: "1b8000000000000000"))
        }
        #expect(throws: CBORError(offset: 0, .integerBeyondInt64)) {
            try CBOR.decode(Int64.self, from: [UInt8](hex: "3b8000000000000000"))
        }
    }

    @Test func sliceOffsetsCountFromTheSlice() {
        let bytes = [UInt8](hex: "ffff8200f7")
        #expect(throws: CBORError(offset: 2, .simpleValue(23))) {
            try CBOR.decode(Value.self, from: bytes[2...])
        }
    }
}
