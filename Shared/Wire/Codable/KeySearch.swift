extension CheckedBytes {
    /// Where the value of a key lies in a map of `count` entries from `first` on. In the order of
    /// declaration each search looks at one key; otherwise it goes round the map once.
    func find(_ key: String, map: Int, first: Int, count: Int, slot: Int) -> Int? {
        var key = key
        return key.withUTF8 { key in
            var (index, entry) = next(map: map, first: first, slot: slot)
            for _ in 0..<count {
                if index >= count { (index, entry) = (0, first) }
                guard let range = reader.stringExtent(at: entry) else { return nil }
                let value = range.upperBound
                if reader.equals(range, key) {
                    hints[slot] = Hint(map: map, index: index, position: value, isAtValue: true)
                    return value
                }
                entry = end(ofItemAt: value)
                index += 1
            }
            return nil
        }
    }

    /// The entry behind the one that was found last in this map, or the first.
    private func next(map: Int, first: Int, slot: Int) -> (index: Int, position: Int) {
        var hint = hints[slot]
        guard hint.map == map else { return (0, first) }
        if hint.isAtValue {
            hint.position = end(ofItemAt: hint.position)
            hint.index += 1
            hint.isAtValue = false
            hints[slot] = hint
        }
        return (hint.index, hint.position)
    }

    func keys(from first: Int, count: Int) -> [String] {
        var keys: [String] = []
        keys.reserveCapacity(count)
        var entry = first
        for _ in 0..<count {
            guard let range = reader.stringExtent(at: entry) else { break }
            keys.append(String(decoding: reader.bytes[range], as: UTF8.self))
            entry = end(ofItemAt: range.upperBound)
        }
        return keys
    }

    /// Where an item ends; these bytes were checked, so it does.
    func end(ofItemAt position: Int) -> Int {
        reader.extent(at: position) ?? reader.bytes.endIndex
    }
}
