internal import Crypto
internal import FoundationEssentials
public import RPC
public import Wire

/// The one convention of all methods that list: a request may have `limit` and `after`, its reply
/// has `next` while more follows. A page ends early rather than grow beyond `bytes`.
public enum Paging {
    /// Bytes of rows in one page, as in a page of a feed.
    public static let bytes = 256 << 10
    /// A place in a list, which only the service that wrote it understands.
    public static let placeBytes = 128

}

extension FieldWalk {
    @inline(__always)
    func limit<Root>(_ it: Written<Root>, _ get: (Root) -> Int64?) -> Int64? {
        self("limit", it, .integer(Bounds.page), "rows at most; 500", get)
    }

    @inline(__always)
    func after<Root>(_ it: Written<Root>, _ get: (Root) -> String?) -> String? {
        self(
            "after", it, .text(maxBytes: Paging.placeBytes),
            "the next of the page before; absent: from the beginning", get)
    }

    @inline(__always)
    func next<Root>(_ it: Written<Root>, _ get: (Root) -> String?) -> String? {
        self(
            "next", it, .text(maxBytes: Paging.placeBytes),
            "after of the page that follows; absent at the end", get)
    }
}

/// One page of a list while it is filled, row by row in the order of their keys.
///
///     var page = try Page<OrderSummary, UUID>(
///         of: OrdersAPI.listOrders.name, among: [owner], after: asked.after, limit: asked.limit)
///     for row in rowsAfter(page.after, limit: page.rowsToRead) {
///         guard try page.take(row.summary, at: row.id) else { break }
///     }
///     return ListOrdersReply(orders: page.rows, next: page.next)
public struct Page<Row: Message, Key: CBORWritable & CBORReadable & Sendable>: Sendable {
    public private(set) var rows: [Row] = []
    /// The key of the last row of the page before; nil at the beginning.
    public let after: Key?
    public let limit: Int64

    private let place: ListPlace<Key>
    private var bytes = 0
    private var last: Key?
    private var isFull = false

    /// - Parameters:
    ///   - filters: what narrows the list: a place in one list is none in another.
    /// - Throws: `INVALID_ARGUMENT` that names `after` when it is no place in this list.
    public init(
        of method: String, among filters: [String?] = [], after: String?, limit: Int64? = nil
    ) throws(RPCError) {
        place = ListPlace(method, filters)
        self.after = if let after { try place.key(in: after) } else { nil }
        self.limit = limit ?? Bounds.page.upperBound
    }

    /// One row more than there may be: it tells whether another page follows.
    public var rowsToRead: Int64 { limit + 1 }

    /// Adds the next row. A page takes its first row whatever its size, so that every page gets on.
    ///
    /// - Returns: false when the page is full; the row is the first of the next one then.
    public mutating func take(_ row: Row, at key: Key) -> Bool {
        var writer = CBORWriter()
        row.write(to: &writer)
        let hasRoom = rows.count < limit && bytes + writer.count <= Paging.bytes
        guard rows.isEmpty || hasRoom else {
            isFull = true
            return false
        }
        rows.append(row)
        bytes += writer.count
        last = key
        return true
    }

    /// Where the next page begins; nil when the list ends with this one.
    public var next: String? { isFull ? last.map { place.text(after: $0) } : nil }
}

/// How a key of one list becomes text, and text a key again: a check over the list and the key,
/// and the key's CBOR, as base64url (RFC 4648). The check is no secret: it tells a place in another
/// list and a damaged one, and whoever makes one up sees nothing that they could not ask for.
public struct ListPlace<Key: CBORWritable & CBORReadable>: Sendable {
    private static var checkBytes: Int { 6 }

    private let list: [UInt8]

    public init(_ method: String, _ filters: [String?] = []) {
        var writer = CBORWriter()
        writer.text(method)
        for filter in filters { if let filter { writer.text(filter) } else { writer.null() } }
        list = writer.bytes
    }

    public func text(after key: Key) -> String {
        var writer = CBORWriter()
        key.write(to: &writer)
        return Base64URL.text(of: check(of: writer.bytes) + writer.bytes)
    }

    func key(in text: String) throws(RPCError) -> Key {
        guard let bytes = Base64URL.bytes(in: text), bytes.count > Self.checkBytes else {
            throw .foreignPlace
        }
        let key = Array(bytes[Self.checkBytes...])
        guard Array(bytes[..<Self.checkBytes]) == check(of: key) else { throw .foreignPlace }
        do {
            var reader = CBORReader(key)
            let found = try Key(from: &reader)
            try reader.finish()
            return found
        } catch { throw .foreignPlace }
    }

    private func check(of key: [UInt8]) -> [UInt8] {
        Array(Digest.sha256(list + key).prefix(Self.checkBytes))
    }
}

extension RPCError {
    /// `after` names no place in the list that is asked for.
    public static var foreignPlace: RPCError {
        .invalid(
            "after",
            "is no place in this list: give the next of its page before, asked for in the same "
                + "words, or leave it out to begin anew")
    }
}

extension CBORReader {
    /// A text of a key: no list holds a NUL character, which PostgreSQL doesn't take.
    public mutating func readKeyText() throws -> String {
        let text = try readText()
        guard !text.utf8.contains(0) else { throw RPCError.foreignPlace }
        return text
    }
}

/// Base64 for names of files and places: `-` and `_`, and nothing to fill up with.
private enum Base64URL {
    static func text(of bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().reduce(into: "") { text, character in
            switch character {
            case "+": text.append("-")
            case "/": text.append("_")
            case "=": break
            default: text.append(character)
            }
        }
    }

    /// Nil for what it would not have written so.
    static func bytes(in text: String) -> [UInt8]? {
        guard text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") }) else {
            return nil
        }
        var plain = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        plain += String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: plain) else { return nil }
        let bytes = [UInt8](data)
        return self.text(of: bytes) == text ? bytes : nil
    }
}
