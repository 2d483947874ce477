public import Text

/// One row of a field table.
public struct Field: Sendable {
    public let name: String
    /// The name as it stands in a message.
    let key: [UInt8]
    public let type: FieldType
    public let isRequired: Bool
    /// One sentence for people.
    public let note: String

    public init(_ name: String, _ type: FieldType, required: Bool = true, _ note: String = "") {
        self.name = name
        key = Array(name.utf8)
        self.type = type
        self.isRequired = required
        self.note = note
    }
}

/// What a field may hold, with its limits.
public indirect enum FieldType: Sendable {
    case flag
    case integer(ClosedRange<Int64>)
    /// UTF-8 of at least one and at most so many bytes, in a request as its rule wants it.
    case text(maxBytes: Int, _ rule: TextRule = .line)
    case bytes(maxBytes: Int)
    /// A UUID: tag 37 on the wire, its usual text form in JSON.
    case id
    /// Milliseconds since 1970 UTC.
    case instant
    /// One of these words. A request has no other; the reader of a reply keeps those that it does
    /// not know, because the next version may have more.
    case word([String])
    /// A message within one; with its name where it is one of the contracts'.
    case message([Field], name: String = "")
    case list(FieldType, maxCount: Int)
    /// Under keys of at most 64 bytes.
    case map(FieldType, maxCount: Int)
    /// Any value of the profile.
    case any
}
