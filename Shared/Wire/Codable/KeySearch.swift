extension CheckedBytes {
    /// Where the value of a key lies in a map of `count` entries from `first` on. In the order of
    /// declaration each search looks at one key; otherwise it goes round the map once.
    func find(_ key: String, map: Int, first: Int, count: Int, slot: Int) -> Int? {
        var key = key
        return key.withUTF8 { key in
            var (index, entry) = next(map: map, first: first, slot: slot)
            for _ in 0..<count {
                if index >= count { (index, entry) = (0, first) }
                let range = reader.checkedString(at: entry)
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
            let range = reader.checkedString(at: entry)
            keys.append(String(decoding: reader.bytes[range], as: UTF8.self))
            entry = end(ofItemAt: range.upperBound)
        }
        return keys
    }

    func end(ofItemAt position: Int) -> Int { reader.endOfCheckedItem(at: position) }
}

extension CBORReader {
    /// The content of a string that was checked.
    func checkedString(at position: Int) -> Range<Int> {
        let (argument, first) = checkedHead(at: position)
        return first..<(first + argument)
    }

    /// Where an item that was checked ends; it costs a few operations an item, and no recursion.
    func endOfCheckedItem(at position: Int) -> Int {
        var place = position
        var left = 1
        while left > 0 {
            left -= 1
            let (argument, next) = checkedHead(at: place)
            switch Major(initial: bytes[place]) {
            case .bytes, .text: place = next + argument
            case .array: (place, left) = (next, left + argument)
            case .map: (place, left) = (next, left + 2 * argument)
            case .tag: (place, left) = (next, left + 1)
            default: place = next
            }
        }
        return place
    }

    /// The argument of a head that was checked, and where its content begins. Lengths and counts
    /// were found to fit the bytes; the arguments of numbers are not used, so they may be cut.
    private func checkedHead(at position: Int) -> (argument: Int, next: Int) {
        let bits = Int(bytes[position] & 0x1f)
        guard bits >= 24 else { return (bits, position + 1) }
        let next = position + 1 + (1 << (bits - 24))
        var argument = 0
        for index in (position + 1)..<next { argument = argument << 8 | Int(bytes[index]) }
        return (argument, next)
    }
}
