/// The way between messages and bytes.
///
/// What has a synthesized `Codable` is written in the order of its declaration and read in any
/// order. Dictionaries are sorted by key and have text keys; `Data` and `[UInt8]` are byte strings,
/// a UUID is tag 37. Dates and floating point are refused. A null and an absent key mean the same.
public enum CBOR {
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        var writer = CBORWriter(reserving: 256)
        try append(value, to: &writer)
        return writer.bytes
    }

    public static func encode(_ message: some Message) throws -> [UInt8] {
        var writer = CBORWriter(reserving: 256)
        try append(message, to: &writer)
        return writer.bytes
    }

    /// Appends one item; when it throws, the writer is as it was before.
    public static func append(_ value: some Encodable, to writer: inout CBORWriter) throws {
        let start = writer.count
        do {
            try CodableEncoder.append(value, to: &writer)
        } catch {
            writer.bytes.removeSubrange(start...)
            throw error
        }
    }

    public static func append(_ message: some Message, to writer: inout CBORWriter) throws {
        let start = writer.count
        do {
            try message.encode(to: &writer)
        } catch {
            writer.bytes.removeSubrange(start...)
            throw error
        }
    }

    /// Reads bytes that hold exactly one item.
    public static func decode<T: Decodable>(
        _ type: T.Type, from bytes: ArraySlice<UInt8>
    ) throws -> T {
        var reader = CBORReader(bytes)
        let value = try CodableDecoder.decode(type, from: &reader)
        try reader.finish()
        return value
    }

    public static func decode<M: Message>(
        _ type: M.Type, from bytes: ArraySlice<UInt8>
    ) throws -> M {
        var reader = CBORReader(bytes)
        let message = try M.decode(from: &reader)
        try reader.finish()
        return message
    }

    public static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        try decode(type, from: bytes[...])
    }

    public static func decode<M: Message>(_ type: M.Type, from bytes: [UInt8]) throws -> M {
        try decode(type, from: bytes[...])
    }

    /// The same item with the keys of every map in bytewise order (RFC 8949 section 4.2.1): equal
    /// for equal content, which is what a fingerprint needs.
    public static func canonical(_ item: ArraySlice<UInt8>) throws(CBORError) -> [UInt8] {
        var reader = CBORReader(item)
        try reader.skipValue()
        try reader.finish()
        reader = CBORReader(item)
        var writer = CBORWriter(reserving: item.count)
        try writer.copySorted(&reader)
        return writer.bytes
    }
}
