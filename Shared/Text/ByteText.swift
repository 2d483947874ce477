/// A text that somebody outside made and that is a key here: an owner, an event's id at a provider,
/// the name of an identity. Two are the same when their bytes are.
///
/// Swift's `String` calls two spellings of an é equal (UAX #15, canonical equivalence), the
/// databases and other programs do not: what is one key here would be two there.
public struct ByteText: Hashable, Comparable, Sendable {
    public let string: String

    public init(_ string: String) { self.string = string }

    public static func == (left: ByteText, right: ByteText) -> Bool {
        left.string.isSame(as: right.string)
    }

    public func hash(into hasher: inout Hasher) {
        var string = string
        string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // So that two texts in one key don't run into each other.
        hasher.combine(0xff as UInt8)
    }

    /// In the order of bytes, which is that of scalars.
    public static func < (left: ByteText, right: ByteText) -> Bool {
        left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
    }
}

extension ByteText: CustomStringConvertible, ExpressibleByStringLiteral {
    public var description: String { string }
    public init(stringLiteral string: String) { self.string = string }
}

extension String {
    /// Whether two texts are the same bytes, however Unicode would spell them.
    public func isSame(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        var (left, right) = (self, other)
        return left.withUTF8 { left in right.withUTF8 { left.elementsEqual($0) } }
    }
}

extension String? {
    public func isSame(as other: String?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let left?, let right?): left.isSame(as: right)
        default: false
        }
    }
}

extension [String] {
    /// Whether one of the texts is the same bytes.
    public func contains(same text: String) -> Bool { contains { $0.isSame(as: text) } }
}
