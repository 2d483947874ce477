public import FoundationEssentials

/// A cursor over CBOR (RFC 8949) in the profile of the protocol: definite lengths, shortest forms,
/// unique text keys, valid UTF-8, no floating point, no tag but 37. Anything else throws, with the
/// offset of the item that is wrong.
///
/// It copies nothing but the strings that it returns. After an error it stands anywhere.
public struct CBORReader: Sendable {
    @usableFromInline let bytes: ArraySlice<UInt8>
    @usableFromInline var position: Int
    /// Maps and lists around the cursor: what is skipped in them is as deep.
    @usableFromInline var depth = 0
    /// Whether fields are held to their rules: those of requests are, while a reply may come from a
    /// later version, which has more words and wider bounds.
    public let isStrict: Bool

    @inlinable
    public init(_ bytes: ArraySlice<UInt8>, isStrict: Bool = false) {
        self.bytes = bytes
        self.isStrict = isStrict
        position = bytes.startIndex
    }

    @inlinable
    public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// How many bytes have been read.
    @inlinable public var offset: Int { position - bytes.startIndex }

    @inlinable public var bytesLeft: Int { bytes.endIndex - position }

    @inlinable public var isAtEnd: Bool { position >= bytes.endIndex }

    /// What has not been read, as it lies.
    @inlinable public var rest: ArraySlice<UInt8> { bytes[position...] }

    /// Throws unless everything was read.
    public func finish() throws(CBORError) {
        guard isAtEnd else { throw error(.bytesAfterItem, at: position) }
    }

    public mutating func readInteger() throws(CBORError) -> Int64 {
        let start = position
        if let short = shortArgument(.unsigned) {
            position = start + 1
            return Int64(short)
        }
        let head = try readHead()
        switch head.major {
        case .unsigned:
            guard let value = Int64(exactly: head.argument) else {
                throw error(.integerBeyondInt64, at: start)
            }
            return value
        case .negative:
            guard let value = Int64(exactly: head.argument) else {
                throw error(.integerBeyondInt64, at: start)
            }
            return ~value
        default: throw mismatch("an integer", at: start)
        }
    }

    /// An integer from 0 to 2^64 - 1: what the schema calls `uint`.
    public mutating func readUnsigned() throws(CBORError) -> UInt64 {
        let start = position
        if let short = shortArgument(.unsigned) {
            position = start + 1
            return UInt64(short)
        }
        let head = try readHead()
        guard head.major == .unsigned else { throw mismatch("an integer from 0 on", at: start) }
        return head.argument
    }

    public mutating func readBool() throws(CBORError) -> Bool {
        guard position < bytes.endIndex else { throw error(.truncated, at: position) }
        let byte = bytes[position]
        guard byte == 0xf4 || byte == 0xf5 else { throw mismatch("a flag", at: position) }
        position += 1
        return byte == 0xf5
    }

    public mutating func readText() throws(CBORError) -> String {
        let start = position
        return try text(in: try readStringRange(.text, "text"), at: start)
    }

    public mutating func readBytes() throws(CBORError) -> [UInt8] {
        Array(bytes[try readStringRange(.bytes, "bytes")])
    }

    /// A UUID of any version: tag 37 and 16 bytes.
    public mutating func readID() throws(CBORError) -> UUID {
        let start = position
        guard isAtID else {
            try skipValue()
            throw mismatch("an id", at: start)
        }
        position = start + 19
        return bytes[(start + 3)..<position].withUnsafeBytes {
            UUID(uuid: $0.loadUnaligned(as: uuid_t.self))
        }
    }

    mutating func skipID() throws(CBORError) {
        if isAtID { position += 19 } else { try skipValue() }
    }

    private var isAtID: Bool {
        bytesLeft >= 19 && bytes[position] == 0xd8 && bytes[position + 1] == 37
            && bytes[position + 2] == 0x50
    }

    /// Reads a null if one stands here.
    @inlinable
    public mutating func readNullIfPresent() -> Bool {
        guard position < bytes.endIndex, bytes[position] == 0xf6 else { return false }
        position += 1
        return true
    }

    public mutating func readArrayHeader() throws(CBORError) -> Int {
        try readCount(.array, "an array")
    }

    /// The number of entries; each is a key and a value.
    public mutating func readMapHeader() throws(CBORError) -> Int {
        try readCount(.map, "a map")
    }

    public mutating func readKey() throws(CBORError) -> String {
        let start = position
        return try text(in: try readKeyRange(), at: start)
    }

    /// The bytes of one valid item, which is skipped.
    public mutating func readItem() throws(CBORError) -> ArraySlice<UInt8> {
        let start = position
        try skipValue()
        return bytes[start..<position]
    }

    /// What stands next, in words for an error.
    public var found: String {
        guard position < bytes.endIndex else { return "the end" }
        return switch Major(initial: bytes[position]) {
        case .unsigned, .negative: "an integer"
        case .bytes: "bytes"
        case .text: "text"
        case .array: "an array"
        case .map: "a map"
        case .tag: "an id"
        case .simple: bytes[position] == 0xf6 ? "null" : "a flag"
        }
    }

    /// Steps over one item by its lengths alone, whatever is wrong inside it. False when it does
    /// not end within the bytes.
    public mutating func skipByLength() -> Bool {
        guard let end = extent(at: position) else { return false }
        position = end
        return true
    }

    func error(_ problem: CBORError.Problem, at place: Int) -> CBORError {
        CBORError(offset: place - bytes.startIndex, problem)
    }

    /// The error for an item that is valid, or at least not wrong by itself, but not what is
    /// wanted.
    func mismatch(_ expected: String, at place: Int) -> CBORError {
        var other = self
        other.position = place
        do {
            try other.skipValue()
        } catch { return error }
        other.position = place
        return error(.mismatch(expected: expected, found: other.found), at: place)
    }
}
