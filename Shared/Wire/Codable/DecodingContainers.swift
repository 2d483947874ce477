struct MapDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let source: CheckedBytes
    private let map: Int
    private let count: Int
    private let first: Int
    private let slot: Int

    init(_ source: CheckedBytes, at position: Int) throws {
        self.source = source
        map = position
        source.reader.position = position
        count = try source.reader.readMapHeader()
        first = source.reader.position
        slot = source.depth & 15
    }

    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        source.keys(from: first, count: count).compactMap { Key(stringValue: $0) }
    }

    /// Where the value of a key lies.
    private func find(_ key: Key) -> Int? {
        source.find(key.stringValue, map: map, first: first, count: count, slot: slot)
    }

    private func require(_ key: Key) throws -> Int {
        guard let position = find(key) else {
            throw source.reader.error(.missingKey(key.stringValue), at: map)
        }
        return position
    }

    private func findValue(_ key: Key) -> Int? {
        guard let position = find(key), !source.isNull(at: position) else { return nil }
        return position
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { findValue(key) == nil }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try source.bool(at: try require(key))
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try source.text(at: try require(key))
    }

    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try source.integer(at: try require(key))
    }

    func decode<T: FixedWidthInteger & Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try source.integer(type, at: try require(key))
    }

    func decode<T: BinaryFloatingPoint & Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        throw source.reader.error(.floatingPoint, at: try require(key))
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try source.decode(type, at: try require(key))
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        guard let position = findValue(key) else { return nil }
        return try source.bool(at: position)
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        guard let position = findValue(key) else { return nil }
        return try source.text(at: position)
    }

    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        guard let position = findValue(key) else { return nil }
        return try source.integer(at: position)
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard let position = findValue(key) else { return nil }
        return try source.decode(type, at: position)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        KeyedDecodingContainer(try MapDecoding<Nested>(source, at: try require(key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try ArrayDecoding(source, at: try require(key))
    }

    func superDecoder() throws -> any Decoder { CodableDecoder(source: source, position: map) }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        CodableDecoder(source: source, position: try require(key))
    }
}

struct ArrayDecoding: UnkeyedDecodingContainer {
    private let source: CheckedBytes
    private let array: Int
    private let elements: Int
    private var position: Int
    private(set) var currentIndex = 0

    init(_ source: CheckedBytes, at position: Int) throws {
        self.source = source
        array = position
        source.reader.position = position
        elements = try source.reader.readArrayHeader()
        self.position = source.reader.position
    }

    var codingPath: [any CodingKey] { [] }
    var count: Int? { elements }
    var isAtEnd: Bool { currentIndex >= elements }

    /// Where the next element lies; the cursor moves behind it.
    private mutating func next() throws -> Int {
        guard !isAtEnd else {
            throw source.reader.error(
                .mismatch(expected: "an element", found: "the end"), at: array)
        }
        let element = position
        position = source.end(ofItemAt: element)
        currentIndex += 1
        return element
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, source.isNull(at: position) else { return false }
        _ = try next()
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try source.bool(at: try next()) }
    mutating func decode(_ type: String.Type) throws -> String { try source.text(at: try next()) }

    mutating func decode<T: FixedWidthInteger & Decodable>(_ type: T.Type) throws -> T {
        try source.integer(type, at: try next())
    }

    mutating func decode<T: BinaryFloatingPoint & Decodable>(_ type: T.Type) throws -> T {
        throw source.reader.error(.floatingPoint, at: try next())
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try source.decode(type, at: try next())
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        KeyedDecodingContainer(try MapDecoding<Nested>(source, at: try next()))
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try ArrayDecoding(source, at: try next())
    }

    mutating func superDecoder() throws -> any Decoder {
        CodableDecoder(source: source, position: try next())
    }
}
