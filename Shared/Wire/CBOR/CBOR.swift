/// The way between values and bytes.
///
/// A message is written in the order of its fields and read in any order. Dictionaries are sorted
/// by key and have text keys, a UUID is tag 37. A null and an absent key mean the same.
public enum CBOR {
    @inlinable
    public static func encode(_ value: some CBORWritable) -> [UInt8] {
        var writer = CBORWriter(reserving: 256)
        value.write(to: &writer)
        return writer.bytes
    }

    /// Reads bytes that hold exactly one item.
    @inlinable
    public static func decode<T: CBORReadable>(
        _ type: T.Type, from bytes: ArraySlice<UInt8>
    ) throws -> T {
        try decode(type, from: CBORReader(bytes))
    }

    @inlinable
    public static func decode<T: CBORReadable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        try decode(type, from: bytes[...])
    }

    /// The body of a request, held to the rules of its fields.
    ///
    /// - Parameter table: of the body, for who reads many: garbage must not cost its making.
    /// - Throws: `FieldErrors` with all that is wrong, or a `CBORError`.
    @inlinable
    public static func decodeStrictly<B: Body>(
        _ type: B.Type, from bytes: ArraySlice<UInt8>, table: [Field]? = nil
    ) throws -> B {
        do { return try decode(type, from: CBORReader(bytes, isStrict: true)) } catch {
            let problems = try (table ?? B.fields).check(bytes)
            throw problems.isEmpty ? error : FieldErrors(problems: problems)
        }
    }

    @inlinable
    static func decode<T: CBORReadable>(_ type: T.Type, from reader: CBORReader) throws -> T {
        var reader = reader
        let value = try T(from: &reader)
        try reader.finish()
        return value
    }
}
