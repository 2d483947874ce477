import Crypto
import Lifecycle

/// The header that signs a webhook of `sim`: `t=1800000000,v1=5f8c…`. A `v1` is HMAC-SHA256 over
/// the time as it stands there, a dot and the bytes of the body, in hexadecimal; there is one a
/// secret, and other schemes are passed over.
struct SimSignature: Equatable {
    static let header = "sim-signature"
    static let toleranceMs: Int64 = 300_000
    private static let mostBytes = 1_024
    private static let mostParts = 16
    /// Up to the year 5138, so that milliseconds are far from the end of Int64.
    private static let mostDigits = 11

    /// Seconds since 1970 UTC.
    let seconds: Int64
    let codes: [[UInt8]]

    /// Nil for anything that `sim` would not write.
    init?(parsing text: String) {
        guard text.utf8.count <= Self.mostBytes else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard parts.count <= Self.mostParts else { return nil }
        var seconds: Int64?
        var codes: [[UInt8]] = []
        for part in parts {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")),
                let scheme = Self.scheme(part[..<equals])
            else { return nil }
            let value = part[part.index(after: equals)...]
            switch scheme {
            case "t":
                guard seconds == nil, let time = Self.time(value) else { return nil }
                seconds = time
            case "v1":
                guard let code = Self.code(value) else { return nil }
                codes.append(code)
            default: continue
            }
        }
        guard let seconds, !codes.isEmpty else { return nil }
        self.seconds = seconds
        self.codes = codes
    }

    /// Signs a body with each of the keys.
    init(of body: [UInt8], at now: Instant, _ keys: [HMACKey]) {
        let seconds = now.milliseconds / 1_000
        self.seconds = seconds
        codes = keys.map { $0.code(of: Self.signed(seconds, body)) }
    }

    var text: String {
        "t=\(seconds)" + codes.map { ",v1=" + Self.hex($0) }.joined()
    }

    /// Whether one of the codes was made of this body with one of the keys.
    func signs(_ body: [UInt8], _ keys: [HMACKey]) -> Bool {
        let signed = Self.signed(seconds, body)
        return keys.contains { key in
            let own = key.code(of: signed)
            return codes.contains { Digest.equal($0, own) }
        }
    }

    func isFresh(at now: Instant) -> Bool {
        let age = Instant(milliseconds: seconds * 1_000).millisecondsUntil(now)
        return (-Self.toleranceMs...Self.toleranceMs).contains(age)
    }

    private static func signed(_ seconds: Int64, _ body: [UInt8]) -> [UInt8] {
        Array("\(seconds).".utf8) + body
    }

    // MARK: Parts of the header

    private static func scheme(_ name: Substring.UTF8View) -> String? {
        let isName = name.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || isDigit($0)
        }
        return isName && !name.isEmpty ? String(Substring(name)) : nil
    }

    /// Digits in the one form in which they are signed: without zeros in front.
    private static func time(_ value: Substring.UTF8View) -> Int64? {
        guard (1...mostDigits).contains(value.count), value.allSatisfy(isDigit),
            value.first != UInt8(ascii: "0")
        else { return nil }
        return Int64(Substring(value))
    }

    /// 64 digits, small ones.
    private static func code(_ value: Substring.UTF8View) -> [UInt8]? {
        guard value.count == 64 else { return nil }
        let digits = value.compactMap(digit)
        guard digits.count == 64 else { return nil }
        return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        hexDigits.firstIndex(of: byte).map(UInt8.init)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = bytes.flatMap { [hexDigits[Int($0 >> 4)], hexDigits[Int($0 & 15)]] }
        return String(decoding: digits, as: UTF8.self)
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
