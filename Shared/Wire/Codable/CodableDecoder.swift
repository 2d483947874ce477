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
