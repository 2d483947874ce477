import Crypto
import Lifecycle
import Support
import Testing

@testable import Payments

private let code = String(repeating: "0a", count: 32)
private let other = String(repeating: "f9", count: 32)
private let now = Instant(milliseconds: 1_800_000_000_000)

/// The header that proves a webhook to be `sim`'s.
@Suite struct SimSignatureTests {
    private static let right: [(String, Int64, [String])] = [
        ("t=1800000000,v1=\(code)", 1_800_000_000, [code]),
        ("v1=\(code),t=1", 1, [code]),
        ("t=99999999999,v1=\(code),v1=\(other)", 99_999_999_999, [code, other]),
        ("t=7,v0=whatever,v1=\(code),v2=%%%", 7, [code]),
        ("t=7,v1=\(code),v10=\(other)", 7, [code]),
        ("t=7,v1=\(code),v0=", 7, [code]),
        ("t=7,v1=\(code),v0=a=b", 7, [code]),
    ]

    @Test(arguments: right)
    func understood(_ text: String, _ seconds: Int64, _ codes: [String]) throws {
        let signature = try #require(SimSignature(parsing: text))
        #expect(signature.seconds == seconds)
        #expect(signature.codes == codes.map { [UInt8](hex: $0) })
    }

    private static let odd: [String] = [
        "", "t", ",", "t=1800000000", "v1=\(code)", "v0=\(code),t=1",
        "t=1,v1=\(code),", ",t=1,v1=\(code)", "t=1,,v1=\(code)",
        "t=1,t=1,v1=\(code)", "t=1,v1=\(code),t=2",
        "t=,v1=\(code)", "t=0,v1=\(code)", "t=01,v1=\(code)", "t=-1,v1=\(code)",
        "t=+1,v1=\(code)", "t=1.5,v1=\(code)", "t=1e3,v1=\(code)", "t=0x1,v1=\(code)",
        "t=100000000000,v1=\(code)", "t=９,v1=\(code)", "t=9223372036854775808,v1=\(code)",
        "t = 1,v1=\(code)", "t=1, v1=\(code)", " t=1,v1=\(code)", "t=1,v1=\(code) ",
        "t=1;v1=\(code)", "T=1,v1=\(code)", "t=1,V1=\(code)", "t=1,=\(code),v1=\(code)",
        "t=1,v1=", "t=1,v1=\(code.dropLast())", "t=1,v1=\(code)0", "t=1,v1=\(code)00",
        "t=1,v1=\(code.uppercased())", "t=1,v1=\(code.dropLast())g",
        "t=1,v1=\(code),v1=00", "t=1\n,v1=\(code)", "t=1\0,v1=\(code)", "t=1,v1=\(code),\u{e9}=1",
        "t=1,v1=\(code)\(String(repeating: ",v0=1", count: 15))",
        "t=1,v1=\(code),v0=\(String(repeating: "x", count: 1_024))",
    ]

    @Test(arguments: odd)
    func refused(_ text: String) {
        #expect(SimSignature(parsing: text) == nil)
    }

    /// As others compute it: `printf '1800000000.{}' | openssl dgst -sha256 -hmac …`.
    @Test func itIsTheOneThatOthersCompute() {
        let key = HMACKey(Array("secret of sixteen".utf8))
        let signature = SimSignature(of: Array("{}".utf8), at: now, [key])
        let theirs = "fae8e241fff2709a3f45b991a09e70bfe37c3ea82b04643892f0d766c0f63e08"
        #expect(signature.text == "t=1800000000,v1=\(theirs)")
        #expect(SimSignature(parsing: signature.text) == signature)
    }

    @Test func oneOfTheCodesAndOneOfTheKeysMustFit() throws {
        let keys = (UInt8(1)...3).map { HMACKey([UInt8](repeating: $0, count: 16)) }
        let body = Array("{\"id\":1}".utf8)
        let signature = SimSignature(of: body, at: now, [keys[0], keys[1]])
        #expect(signature.signs(body, [keys[0]]) && signature.signs(body, [keys[1]]))
        #expect(signature.signs(body, [keys[2], keys[1]]))
        #expect(!signature.signs(body, [keys[2]]) && !signature.signs(body, []))
        #expect(!signature.signs(body + [0x20], keys) && !signature.signs([], keys))
        let second = SimSignature(of: body, at: now.advanced(byMs: 1_000), keys)
        let moved = second.text.replacing("t=1800000001", with: "t=1800000000")
        #expect(try #require(SimSignature(parsing: moved)).signs(body, keys) == false)
    }

    @Test(arguments: [
        (0, true), (300_000, true), (300_001, false), (-300_000, true), (-300_001, false),
        (Int64.max, false), (Int64.min, false),
    ])
    func itIsFreshForFiveMinutesBothWays(_ ageMs: Int64, _ isFresh: Bool) {
        let signature = SimSignature(of: [], at: now, [])
        #expect(signature.isFresh(at: now.advanced(byMs: ageMs)) == isFresh)
    }

    /// Any change of one byte of a right header is noticed, or it is not a header any more.
    @Test func everyByteCounts() {
        let key = HMACKey([UInt8](repeating: 5, count: 16))
        let body = Array("{}".utf8)
        let text = Array(SimSignature(of: body, at: now, [key]).text.utf8)
        for place in text.indices {
            for bit in 0..<8 {
                var spoiled = text
                spoiled[place] ^= 1 << UInt8(bit)
                let parsed = SimSignature(parsing: String(decoding: spoiled, as: UTF8.self))
                #expect(parsed?.signs(body, [key]) != true, "byte \(place), bit \(bit)")
            }
        }
    }
}
