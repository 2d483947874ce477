public import FoundationEssentials
public import Text

// What the kinds of values are on the wire, and what may be said of them in a field table.

extension Bool: FieldValue {
    @inlinable public static var blank: Bool { false }
    public static func type(_ rule: NoRule) -> FieldType { .flag }

    @inlinable @inline(__always)
    public static func read(
        _ reader: inout CBORReader, _ rule: NoRule
    ) throws(CBORError) -> Bool {
        try reader.readBool()
    }
}

extension UUID: FieldValue {
    @inlinable public static var blank: UUID {
        unsafeBitCast((0 as UInt64, 0 as UInt64), to: UUID.self)
    }
    public static func type(_ rule: NoRule) -> FieldType { .id }

    @inlinable @inline(__always)
    public static func read(
        _ reader: inout CBORReader, _ rule: NoRule
    ) throws(CBORError) -> UUID {
        try reader.readID()
    }
}

extension Value: FieldValue {
    @inlinable public static var blank: Value { .null }
    public static func type(_ rule: NoRule) -> FieldType { .any }

    public static func read(
        _ reader: inout CBORReader, _ rule: NoRule
    ) throws(CBORError) -> Value {
        try reader.readValue()
    }
}

public struct IntegerRule: Sendable {
    @usableFromInline let range: ClosedRange<Int64>

    @inlinable init(range: ClosedRange<Int64>) { self.range = range }

    @inlinable
    public static func integer(_ range: ClosedRange<Int64>) -> IntegerRule {
        IntegerRule(range: range)
    }
}

extension Int64: FieldValue {
    @inlinable public static var blank: Int64 { 0 }
    public static func type(_ rule: IntegerRule) -> FieldType { .integer(rule.range) }

    @inlinable @inline(__always)
    public static func read(
        _ reader: inout CBORReader, _ rule: IntegerRule
    ) throws(CBORError) -> Int64 {
        let number = try reader.readInteger()
        guard !reader.isStrict || rule.range.contains(number) else { throw reader.refused() }
        return number
    }
}

public struct BytesRule: Sendable {
    @usableFromInline let maxBytes: Int

    @inlinable init(maxBytes: Int) { self.maxBytes = maxBytes }

    @inlinable
    public static func bytes(maxBytes: Int) -> BytesRule { BytesRule(maxBytes: maxBytes) }
}

extension Data: FieldValue {
    @inlinable public static var blank: Data { Data() }
    public static func type(_ rule: BytesRule) -> FieldType { .bytes(maxBytes: rule.maxBytes) }

    public static func read(
        _ reader: inout CBORReader, _ rule: BytesRule
    ) throws(CBORError) -> Data {
        let range = try reader.readStringRange(.bytes, "bytes")
        guard !reader.isStrict || range.count <= rule.maxBytes else { throw reader.refused() }
        return Data(reader.bytes[range])
    }

    public func write(to writer: inout CBORWriter) { writer.bytes(self) }
}

// MARK: Texts

/// Of a text: its length, and what it may hold (`TextRule`), or that it is one of some words.
public struct StringRule: Sendable {
    @usableFromInline let maxBytes: Int
    @usableFromInline let text: @Sendable () -> TextRule
    @usableFromInline let words: @Sendable () -> [String]

    /// What costs to make is made when somebody looks at it: whoever writes does not.
    @inlinable
    init(
        maxBytes: Int, text: @escaping @Sendable () -> TextRule,
        words: @escaping @Sendable () -> [String] = { [] }
    ) {
        self.maxBytes = maxBytes
        self.text = text
        self.words = words
    }

    @inlinable
    public static func text(
        maxBytes: Int, _ rule: @autoclosure @escaping @Sendable () -> TextRule = .line
    ) -> StringRule {
        StringRule(maxBytes: maxBytes, text: rule)
    }

    /// One of these words today; the reader of a reply keeps words that it does not know.
    @inlinable
    public static func word(
        _ words: @autoclosure @escaping @Sendable () -> [String]
    ) -> StringRule {
        StringRule(maxBytes: 64, text: { .raw }, words: words)
    }

    public var type: FieldType {
        let words = words()
        return words.isEmpty ? .text(maxBytes: maxBytes, text()) : .word(words)
    }
}

extension String: FieldValue {
    @inlinable public static var blank: String { "" }
    public static func type(_ rule: StringRule) -> FieldType { rule.type }

    @inlinable @inline(__always)
    public static func read(
        _ reader: inout CBORReader, _ rule: StringRule
    ) throws(CBORError) -> String {
        try reader.readText(rule)
    }
}

extension CBORReader {
    /// A text; that the rule allows it matters to a strict reader alone.
    @inline(never)
    public mutating func readText(_ rule: StringRule) throws(CBORError) -> String {
        let start = position
        let range = try readStringRange(.text, "text")
        let text = try text(in: range, at: start)
        guard !isStrict || rule.allows(bytes[range]) else { throw refused() }
        return text
    }

    /// The error for a value that its rule forbids. What is wrong with it, the table says.
    public func refused() -> CBORError {
        error(.mismatch(expected: "another value", found: found), at: position)
    }
}

extension StringRule {
    func allows(_ utf8: ArraySlice<UInt8>) -> Bool {
        let words = words()
        guard words.isEmpty else { return words.contains { $0.utf8.elementsEqual(utf8) } }
        let text = text()
        return utf8.count <= maxBytes && (!utf8.isEmpty || text.mayBeEmpty) && !utf8.contains(0)
            && text.problem(utf8) == nil
    }
}

// MARK: Lists and maps

public struct ListRule<Element: FieldValue>: Sendable {
    @usableFromInline let element: Element.Rule
    @usableFromInline let maxCount: Int

    @inlinable
    init(element: Element.Rule, maxCount: Int) {
        self.element = element
        self.maxCount = maxCount
    }

    @inlinable
    public static func list(_ element: Element.Rule, maxCount: Int) -> ListRule {
        ListRule(element: element, maxCount: maxCount)
    }
}

extension ListRule where Element.Rule: PlainRule {
    @inlinable
    public static func list(maxCount: Int) -> ListRule {
        ListRule(element: Element.Rule(), maxCount: maxCount)
    }
}

extension Array: FieldValue where Element: FieldValue {
    @inlinable public static var blank: [Element] { [] }
    public static func type(_ rule: ListRule<Element>) -> FieldType {
        .list(Element.type(rule.element), maxCount: rule.maxCount)
    }

    @inlinable
    public static func read(
        _ reader: inout CBORReader, _ rule: ListRule<Element>
    ) throws(CBORError) -> [Element] {
        let count = try reader.readArrayHeader()
        guard !reader.isStrict || count <= rule.maxCount else { throw reader.refused() }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        reader.depth += 1
        for _ in 0..<count { elements.append(try Element.read(&reader, rule.element)) }
        reader.depth -= 1
        return elements
    }
}

public struct MapRule<Entry: FieldValue>: Sendable {
    let entry: Entry.Rule
    let maxCount: Int

    public static func map(_ entry: Entry.Rule, maxCount: Int) -> MapRule {
        MapRule(entry: entry, maxCount: maxCount)
    }
}

extension Dictionary: FieldValue where Key == String, Value: FieldValue {
    @inlinable public static var blank: [String: Value] { [:] }
    public static func type(_ rule: MapRule<Value>) -> FieldType {
        .map(Value.type(rule.entry), maxCount: rule.maxCount)
    }

    public static func read(
        _ reader: inout CBORReader, _ rule: MapRule<Value>
    ) throws(CBORError) -> [String: Value] {
        let start = reader.position
        let count = try reader.readMapHeader()
        guard !reader.isStrict || count <= rule.maxCount else { throw reader.refused() }
        var entries: [String: Value] = [:]
        entries.reserveCapacity(count)
        reader.depth += 1
        for _ in 0..<count {
            let key = try reader.readKey()
            let value = try Value.read(&reader, rule.entry)
            guard entries.updateValue(value, forKey: key) == nil else {
                throw reader.error(.duplicateKey(key), at: start)
            }
        }
        reader.depth -= 1
        return entries
    }
}

extension Dictionary: CBORWritable where Key == String, Value: CBORWritable {
    /// In the order of RFC 8949, section 4.2.1: keys by length, then by their bytes.
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(count)
        let sorted = keys.sorted { left, right in
            let (first, second) = (left.utf8, right.utf8)
            return first.count == second.count
                ? first.lexicographicallyPrecedes(second) : first.count < second.count
        }
        for key in sorted {
            guard let value = self[key] else { continue }
            writer.text(key)
            value.write(to: &writer)
        }
    }
}
