extension CBORReader {
    /// Steps over one item and checks all of it: form, limits, UTF-8, and that no key comes twice.
    public mutating func skipValue() throws(CBORError) { try skip(depth: depth) }

    /// `depth` counts the arrays and maps around the item.
    mutating func skip(depth: Int) throws(CBORError) {
        let start = position
        let head = try readHead()
        switch head.major {
        case .unsigned, .negative:
            guard head.argument <= UInt64(Int64.max) else {
                throw error(.integerBeyondInt64, at: start)
            }
        case .bytes: _ = try readContent(head.argument, at: start)
        case .text: try checkText(try readContent(head.argument, at: start), at: start)
        case .array:
            try checkDepth(depth, at: start)
            for _ in 0..<(try count(head, at: start)) { try skip(depth: depth + 1) }
        case .map:
            try checkDepth(depth, at: start)
            try skipEntries(try count(head, at: start), depth: depth + 1)
        case .tag: try skipTag(head.argument, at: start)
        case .simple: try checkSimple(head.argument, at: start)
        }
    }

    private mutating func skipEntries(_ count: Int, depth: Int) throws(CBORError) {
        var keys = KeySet(count: count)
        for _ in 0..<count {
            try readNewKey(&keys)
            try skip(depth: depth)
        }
    }

    /// Reads a key that must be text, valid, and not in the set yet.
    @discardableResult
    mutating func readNewKey(_ keys: inout KeySet) throws(CBORError) -> Range<Int> {
        let start = position
        let key = try readKeyRange()
        try checkText(key, at: start)
        guard keys.insert(key, of: bytes) else {
            throw error(.duplicateKey(String(decoding: bytes[key], as: UTF8.self)), at: start)
        }
        return key
    }

    private mutating func skipTag(_ tag: UInt64, at start: Int) throws(CBORError) {
        guard tag == 37 else { throw error(.tag(tag), at: start) }
        guard !isAtEnd else { throw error(.truncated, at: position) }
        let place = position
        let head = try readHead()
        guard head.major == .bytes, head.argument == 16 else {
            throw error(.idIsNot16Bytes, at: place)
        }
        _ = try readContent(head.argument, at: place)
    }

    private func checkSimple(_ argument: UInt64, at start: Int) throws(CBORError) {
        switch bytes[start] {
        case 0xf4, 0xf5, 0xf6: return
        case 0xf9, 0xfa, 0xfb: throw error(.floatingPoint, at: start)
        case 0xf8 where argument < 32:
            throw error(.simpleValueTooShort(UInt8(truncatingIfNeeded: argument)), at: start)
        default: throw error(.simpleValue(UInt8(truncatingIfNeeded: argument)), at: start)
        }
    }

    func checkDepth(_ depth: Int, at start: Int) throws(CBORError) {
        guard depth < CBORLimits.depth else {
            throw error(.tooDeep(limit: CBORLimits.depth), at: start)
        }
    }
}
