extension CBORReader {
    /// Reads one item of any shape, with all its checks.
    public mutating func readValue() throws(CBORError) -> Value {
        var items = self
        try items.skipValue()
        return try readCheckedValue()
    }

    /// Reads an item that `skipValue` has passed, so that its depth is known.
    private mutating func readCheckedValue() throws(CBORError) -> Value {
        guard position < bytes.endIndex else { throw error(.truncated, at: position) }
        switch Major(initial: bytes[position]) {
        case .unsigned, .negative: return .integer(try readInteger())
        case .bytes: return .bytes(try readBytes())
        case .text: return .text(try readText())
        case .tag: return .id(try readID())
        case .simple: return readNullIfPresent() ? .null : .bool(try readBool())
        case .array:
            let count = try readArrayHeader()
            var elements: [Value] = []
            elements.reserveCapacity(count)
            for _ in 0..<count { elements.append(try readCheckedValue()) }
            return .array(elements)
        case .map:
            let count = try readMapHeader()
            var entries: [(String, Value)] = []
            entries.reserveCapacity(count)
            for _ in 0..<count { entries.append((try readKey(), try readCheckedValue())) }
            return .map(entries)
        }
    }
}
