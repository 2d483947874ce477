import FoundationEssentials

/// Bytes that passed every check of the profile, shared by the decoders of one message.
///
/// One thread decodes one message, and no method of this class runs inside a change of its state,
/// so the run-time checks for overlapping access, a third of the cost of decoding, are left out.
final class CheckedBytes {
    /// Where the next key of a map is expected.
    struct Hint {
        var map = -1
        var index = 0
        /// Of the entry, or of its value if `isAtValue`.
        var position = 0
        var isAtValue = false
    }

    @exclusivity(unchecked) var reader: CBORReader
    /// One for each depth, modulo 16. Maps that share one only search longer.
    @exclusivity(unchecked) var hints = InlineArray<16, Hint>(repeating: Hint())
    /// How many values are being decoded inside each other.
    @exclusivity(unchecked) private(set) var depth = 0

    init(_ reader: CBORReader) { self.reader = reader }

    func bool(at position: Int) throws(CBORError) -> Bool {
        reader.position = position
        return try reader.readBool()
    }

    func text(at position: Int) throws(CBORError) -> String {
        reader.position = position
        return try reader.readText()
    }

    func integer(at position: Int) throws(CBORError) -> Int64 {
        reader.position = position
        return try reader.readInteger()
    }

    func integer<T: FixedWidthInteger>(_ type: T.Type, at position: Int) throws -> T {
        let number = try integer(at: position)
        guard let value = T(exactly: number) else {
            throw reader.error(.outOfRange(number, for: "\(type)"), at: position)
        }
        return value
    }

    func isNull(at position: Int) -> Bool {
        reader.position = position
        return reader.readNullIfPresent()
    }

    /// Reads a value, which may have a form on the wire that its own `init(from:)` would not read.
    func decode<T: Decodable>(_ type: T.Type, at position: Int) throws -> T {
        let name = ObjectIdentifier(type)
        // Each branch knows by its comparison that T is the type it casts to.
        if name == SpecialType.id {
            reader.position = position
            return unsafeBitCast(try reader.readID(), to: type)
        }
        if name == SpecialType.bytes {
            reader.position = position
            return unsafeBitCast(try reader.readBytes(), to: type)
        }
        if name == SpecialType.value || name == SpecialType.data {
            reader.position = position
            let value: Any =
                name == SpecialType.value ? try reader.readValue() : Data(try reader.readBytes())
            if let value = value as? T { return value }
        }
        depth += 1
        defer { depth -= 1 }
        return try T(from: CodableDecoder(source: self, position: position))
    }
}
