extension CBORReader {
    /// Opens a map whose keys are then asked for by name, best in the order that they were written.
    @inlinable
    public mutating func openMap() throws(CBORError) -> MapScope {
        let map = position
        let count = try readMapHeader()
        depth += 1
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
    /// A bit for each key that there is, once a key was absent: most messages leave several out.
    private var marks: UInt64?

    @inlinable
    init(map: Int, count: Int, first: Int) {
        self.map = map
        self.count = count
        self.first = first
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
        reader.depth -= 1
        if found == count, index == count { return }
        reader.position = map
        try reader.skipValue()
    }

    /// From here on it has no entry.
    mutating func giveUp() {
        index = count
        found = count
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
        guard found < count, mayHold(key, reader) else { return false }
        let cursor = (index, reader.position)
        for _ in 0..<count {
            if index >= count { (index, reader.position) = (0, first) }
            if reader.step(over: key) {
                found += 1
                return true
            }
            _ = try reader.readKeyRange()
            if let end = reader.extent(at: reader.position) {
                reader.position = end
            } else {
                try reader.skipValue()
            }
            index += 1
        }
        (index, reader.position) = cursor
        return false
    }

    /// False when no key of the map has the mark of this one.
    private mutating func mayHold(_ key: StaticString, _ reader: CBORReader) -> Bool {
        guard key.hasPointerRepresentation else { return true }
        if marks == nil { marks = reader.keyMarks(from: first, count: count) }
        let name = UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        return marks.map { $0 & CBORReader.mark(name) != 0 } ?? true
    }

    @usableFromInline
    func missing(_ key: StaticString, _ reader: CBORReader) -> CBORError {
        reader.error(.missingKey("\(key)"), at: map)
    }
}

extension CBORReader {
    /// Steps over a key if it stands here.
    @usableFromInline
    mutating func step(over key: StaticString) -> Bool {
        guard key.hasPointerRepresentation, key.utf8CodeUnitCount < 24 else {
            return stepOverLong("\(key)")
        }
        let name = UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        guard shortArgument(.text) == name.count, name.count < bytesLeft else { return false }
        let start = position + 1
        guard equals(start..<(start + name.count), name) else { return false }
        position = start + name.count
        return true
    }

    /// A bit for each key of a map; nil when they cannot be stepped over.
    func keyMarks(from first: Int, count: Int) -> UInt64? {
        let start = bytes.startIndex
        return bytes.withUnsafeBufferPointer { buffer in
            var marks: UInt64 = 0
            var entry = first - start
            for _ in 0..<count {
                guard let key = Self.stringExtent(in: buffer, at: entry),
                    let end = Self.extent(in: buffer, at: key.upperBound)
                else { return nil }
                marks |= Self.mark(UnsafeBufferPointer(rebasing: buffer[key]))
                entry = end
            }
            return marks
        }
    }

    /// One bit, from a key's length and its ends.
    static func mark(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
        guard let first = key.first, let last = key.last else { return 1 }
        let sum = key.count &* 31 &+ Int(first) &* 7 &+ Int(last) &* 3
        return 1 << UInt64(truncatingIfNeeded: sum & 63)
    }

    private mutating func stepOverLong(_ key: String) -> Bool {
        var ahead = self
        guard let range = try? ahead.readKeyRange(), equals(range, key) else { return false }
        position = range.upperBound
        return true
    }
}
