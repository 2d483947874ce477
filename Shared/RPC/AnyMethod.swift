public import Wire

/// A method without its types: what `describe`, hand-typed calls and the tests of roles need.
public struct AnyMethod: Sendable {
    public let name: String
    /// `query`, `mutation` or `wait`.
    public let kind: String
    public let callers: Set<Role>
    public let ownership: OwnershipRule
    public let summary: String
    public let requestBody: any Body.Type
    public let replyBody: any Body.Type

    public init<Request, Reply>(_ method: Method<Request, Reply>) {
        name = method.name
        kind = method.kind.rawValue
        callers = method.callers
        ownership = method.ownership.rule
        summary = method.summary
        requestBody = Request.self
        replyBody = Reply.self
    }

    public var request: [Field] { requestBody.fields }
    public var reply: [Field] { replyBody.fields }
}

/// A body as it lies on the wire, for callers that know a method by its field table alone.
public struct EncodedBody: Body {
    /// One CBOR map.
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) { self.bytes = bytes }

    public static let fields: [Field] = []

    public func write(to writer: inout CBORWriter) { writer.encoded(bytes) }

    public init(from reader: inout CBORReader) throws { bytes = Array(try reader.readItem()) }
}
