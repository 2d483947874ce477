extension CBORReader {
    /// Opens a map whose keys are then asked for by name, best in the order that they were written.
    @inlinable
    public mutating func openMap() throws(CBORError) -> MapScope {
        let map = position
        let count = try readMapHeader()
        return MapScope(map: map, count: count, first: position)
    }
}

/// A map that is being read: where it is, and where its next key is expected. `close` ends it.
public struct MapScope: Sendable {
    @usableFromInline let map: Int
    @usableFromInline let count: Int
    @usableFromInline let first: Int
    /// The entry at the cursor of the reader.
    @usableFromInline var index = 0
    /// Entries that were asked for and found.
    @usableFromInline var found = 0

    @inlinable
    init(map: Int, count: Int, first: Int) {
        self.map = map
        self.count = count
        self.first = first
    }

    /// The value of a key; it throws when the key is absent or null.
    @inlinable
    public mutating func read<T: CBORReadable>(
        _ key: StaticString, from reader: inout CBORReader
    ) throws -> T {
        guard try find(key, &reader) else { throw missing(key, reader) }
        let value = try T(from: &reader)
        index += 1
        return value
    }

    /// The value of a key; nil when the key is absent or null.
    @inlinable
    public mutating func readIfPresent<T: CBORReadable>(
        _ key: StaticString, from reader: inout CBORReader
    ) throws -> T? {
        guard try find(key, &reader) else { return nil }
        let value = reader.readNullIfPresent() ? nil : try T(from: &reader)
        index += 1
        return value
    }

    /// Leaves the map, with the reader behind it. Entries that nobody asked for are checked.
    @inlinable
    public mutating func close(_ reader: inout CBORReader) throws(CBORError) {
        if found == count, index == count { return }
        reader.position = map
        try reader.skipValue()
    }

    /// Puts the reader at the value of the key and says whether there is one.
    @inlinable
    mutating func find(_ key: StaticString, _ reader: inout CBORReader) throws(CBORError) -> Bool {
        if index < count, reader.step(over: key) {
            found += 1
            return true
        }
        return try search(key, &reader)
    }

    /// Looks at all keys, from the cursor on and then from the first. The cursor stays if there is
    /// no such key.
    @usableFromInline
    mutating func search(
        _ key: StaticString, _ reader: inout CBORReader
    ) throws(CBORError) -> Bool {
        let cursor = (index, reader.position)
        for _ in 0..<count {
            if index >= count { (index, reader.position) = (0, first) }
            if reader.step(over: key) {
                found += 1
                return true
            }
            _ = try reader.readKeyRange()
            try reader.skipValue()
            index += 1
        }
        (index, reader.position) = cursor
        return false
    }

    @usableFromInline
    func missing(_ key: StaticString, _ reader: CBORReader) -> CBORError {
        reader.error(.missingKey("\(key)"), at: map)
    }
}

extension CBORReader {
    /// Steps over a key if it stands here.
    @inlinable
    mutating func step(over key: StaticString) -> Bool {
        let count = key.utf8CodeUnitCount
        guard count < 24 else { return stepOverLong("\(key)") }
        guard count < bytesLeft, bytes[position] == 0x60 | UInt8(truncatingIfNeeded: count) else {
            return false
        }
        let first = position + 1
        let name = UnsafeBufferPointer(start: key.utf8Start, count: count)
        for index in 0..<count where bytes[first + index] != name[index] { return false }
        position = first + count
        return true
    }

    @usableFromInline
    mutating func stepOverLong(_ key: String) -> Bool {
        var ahead = self
        guard let range = try? ahead.readKeyRange(), equals(range, key) else { return false }
        position = range.upperBound
        return true
    }
}
