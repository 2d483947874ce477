import FoundationEssentials

/// Reads what `Decodable` types ask for: a place in checked bytes. Keys are looked for first where
/// the order of declaration puts them, then everywhere.
struct CodableDecoder: Decoder {
    let source: CheckedBytes
    let position: Int

    /// Errors carry offsets, so no path is kept.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Checks the item at the reader, reads it, and leaves the reader behind it.
    static func decode<T: Decodable>(_ type: T.Type, from reader: inout CBORReader) throws -> T {
        let start = reader
        try reader.skipValue()
        return try CheckedBytes(start).decode(type, at: start.position)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try MapDecoding<Key>(source, at: position))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try ArrayDecoding(source, at: position)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
}

extension CodableDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { source.isNull(at: position) }
    func decode(_ type: Bool.Type) throws -> Bool { try source.bool(at: position) }
    func decode(_ type: String.Type) throws -> String { try source.text(at: position) }
    func decode<T: FixedWidthInteger & Decodable>(_ type: T.Type) throws -> T {
        try source.integer(type, at: position)
    }
    func decode<T: BinaryFloatingPoint & Decodable>(_ type: T.Type) throws -> T {
        throw source.reader.error(.floatingPoint, at: position)
    }
    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try source.decode(type, at: position)
    }
}

/// Bytes that passed every check of the profile, shared by the decoders of one message.
final class CheckedBytes {
    /// Where the next key of a map is expected; it may be wrong, since maps of one depth share it.
    struct Hint {
        var map: Int
        var index: Int
        /// Of the entry, or of its value if `isAtValue`.
        var position: Int
        var isAtValue: Bool
    }

    var reader: CBORReader
    var hints: [Hint] = []
    /// How many values are being decoded inside each other.
    var depth = 0

    init(_ reader: CBORReader) { self.reader = reader }

    func bool(at position: Int) throws -> Bool {
        reader.position = position
        return try reader.readBool()
    }

    func text(at position: Int) throws -> String {
        reader.position = position
        return try reader.readText()
    }

    func integer<T: FixedWidthInteger>(_ type: T.Type, at position: Int) throws -> T {
        reader.position = position
        let number = try reader.readInteger()
        guard let value = T(exactly: number) else {
            throw reader.error(.outOfRange(number, for: "\(type)"), at: position)
        }
        return value
    }

    func isNull(at position: Int) -> Bool {
        reader.position = position
        return reader.readNullIfPresent()
    }

    func decode<T: Decodable>(_ type: T.Type, at position: Int) throws -> T {
        if let special = try decodeSpecial(type, at: position) { return special }
        depth += 1
        defer { depth -= 1 }
        return try T(from: CodableDecoder(source: self, position: position))
    }

    /// Values whose form on the wire is not what their own `init(from:)` would read.
    private func decodeSpecial<T: Decodable>(_ type: T.Type, at position: Int) throws -> T? {
        // Each branch knows by the comparison that T is the type it casts to.
        if T.self == UUID.self {
            reader.position = position
            return unsafeBitCast(try reader.readID(), to: T.self)
        }
        if T.self == [UInt8].self {
            reader.position = position
            return unsafeBitCast(try reader.readBytes(), to: T.self)
        }
        if T.self == Value.self {
            reader.position = position
            return try reader.readValue() as? T
        }
        if T.self == Data.self {
            reader.position = position
            return Data(try reader.readBytes()) as? T
        }
        return nil
    }
}
