public import FoundationEssentials

extension UUID {
    /// An id in text, the one form that messages, logs, accounts and files have it in: RFC 9562's
    /// (section 4), in lower case. `uuidString` has capitals, goes through `printf` and takes ten
    /// times as long.
    public var text: String {
        String(unsafeUninitializedCapacity: 36) { text in
            var place = 0
            withUnsafeBytes(of: uuid) { bytes in
                for index in 0..<16 {
                    if index == 4 || index == 6 || index == 8 || index == 10 {
                        text[place] = UInt8(ascii: "-")
                        place += 1
                    }
                    text[place] = Self.digit(bytes[index] >> 4)
                    text[place + 1] = Self.digit(bytes[index] & 15)
                    place += 2
                }
            }
            return place
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension DefaultStringInterpolation {
    /// What stands between words is the same text: `description` would have capitals.
    public mutating func appendInterpolation(_ id: UUID) { appendLiteral(id.text) }
}
