/// The body of a request or reply: one map with text keys, and its field table.
public protocol Body: CBORWritable, CBORReadable, Sendable {
    static var fields: [Field] { get }
}

/// A body whose fields are said once, by its initialiser (`FieldWalk`): that is its codec, its
/// check, its table, and its documentation.
///
/// It is `Codable` too, for JSON and the like: ids are their usual text, bytes are base64.
public protocol Message: Body, FieldValue, Codable {
    associatedtype Rule = NoRule

    init(_ f: some FieldWalk, _ it: Written<Self>)
}

extension Message {
    public static var fields: [Field] { FieldList.of(Self.self) }

    @inlinable
    public static var blank: Self { Self(FieldBlanks(), Written()) }

    @inlinable
    public func write(to writer: inout CBORWriter) { FieldWriter.write(self, to: &writer) }

    @inlinable
    public init(from reader: inout CBORReader) throws { self = try Self.fields(from: &reader) }

    @inlinable
    public static func fields(from reader: inout CBORReader) throws(CBORError) -> Self {
        try FieldReader.read(&reader)
    }

    public init(from decoder: any Decoder) throws {
        let bytes = try Self.fields.encode(try Value(from: decoder))
        self = try CBOR.decode(Self.self, from: bytes)
    }

    public func encode(to encoder: any Encoder) throws {
        try CBOR.decode(Value.self, from: CBOR.encode(self)).encode(to: encoder)
    }
}

extension Message where Rule == NoRule {
    @inlinable
    public static func read(
        _ reader: inout CBORReader, _ rule: NoRule
    ) throws(CBORError) -> Self {
        try fields(from: &reader)
    }

    public static func type(_ rule: NoRule) -> FieldType {
        .message(fields, name: "\(Self.self)")
    }
}

extension Message where Self: Equatable {
    /// Two messages are the same when they are the same on the wire: texts by their bytes, which
    /// the synthesized comparison would not do.
    public static func == (left: Self, right: Self) -> Bool {
        CBOR.encode(left) == CBOR.encode(right)
    }
}
