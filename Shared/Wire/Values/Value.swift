public import FoundationEssentials
internal import Text

/// Any value of the profile, for those who do not know its shape: error details, audit entries,
/// `call` and its JSON.
///
/// An integer is what Int64 holds; CBOR's unsigned numbers above it are refused when they are read.
/// A map keeps the order of its entries, and two maps are equal only in the same order.
public enum Value: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
    /// Tag 37 on the wire.
    case id(UUID)
    case array([Value])
    case map([(String, Value)])

    /// The value under a key of a map; nil for other values and absent keys.
    public subscript(key: String) -> Value? {
        guard case .map(let entries) = self else { return nil }
        return entries.first { $0.0.isSame(as: key) }?.1
    }

    /// What it is, in words for an error.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a flag"
        case .integer: "an integer"
        case .text: "text"
        case .bytes: "bytes"
        case .id: "an id"
        case .array: "an array"
        case .map: "a map"
        }
    }
}

extension Value: Equatable {
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.text(let left), .text(let right)): left.isSame(as: right)
        case (.bytes(let left), .bytes(let right)): left == right
        case (.id(let left), .id(let right)): left == right
        case (.array(let left), .array(let right)): left == right
        case (.map(let left), .map(let right)):
            left.count == right.count
                && zip(left, right).allSatisfy { $0.0.isSame(as: $1.0) && $0.1 == $1.1 }
        default: false
        }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: Value...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, Value)...) { self = .map(elements) }
}

extension CBORWriter {
    public mutating func value(_ value: Value) {
        switch value {
        case .null: null()
        case .bool(let flag): bool(flag)
        case .integer(let number): integer(number)
        case .text(let string): text(string)
        case .bytes(let string): bytes(string)
        case .id(let uuid): id(uuid)
        case .array(let elements):
            arrayHeader(elements.count)
            for element in elements { self.value(element) }
        case .map(let entries):
            mapHeader(entries.count)
            for (key, entry) in entries {
                text(key)
                self.value(entry)
            }
        }
    }
}
