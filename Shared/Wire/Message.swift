/// A request or reply body: a map with text keys, whose one field table drives validation, field
/// errors, `describe` and the way from hand-typed JSON to CBOR.
public protocol Message: Codable, Sendable {
    static var fields: [Field] { get }

    /// By its `Codable`, unless it is `HandCoded`.
    func encode(to writer: inout CBORWriter) throws
    static func decode(from reader: inout CBORReader) throws -> Self
}

/// A message that writes and reads itself, for the hot path. It must produce the bytes that its
/// synthesized Codable would; a test compares the two.
public protocol HandCoded: Message, CBORWritable, CBORReadable {}

extension Message where Self: Equatable {
    /// Two messages are the same when they are the same on the wire: texts by their bytes, which
    /// the synthesized comparison would not do.
    public static func == (left: Self, right: Self) -> Bool {
        guard let left = try? CBOR.encode(left), let right = try? CBOR.encode(right) else {
            return false
        }
        return left == right
    }
}

extension Message {
    public func encode(to writer: inout CBORWriter) throws {
        try CodableEncoder.append(self, to: &writer)
    }

    public static func decode(from reader: inout CBORReader) throws -> Self {
        try CodableDecoder.decode(Self.self, from: &reader)
    }
}

extension HandCoded {
    public func encode(to writer: inout CBORWriter) { write(to: &writer) }

    public static func decode(from reader: inout CBORReader) throws -> Self {
        try Self(from: &reader)
    }
}
