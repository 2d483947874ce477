extension CheckedBytes {
    /// Where the value of a key lies in a map of `count` entries from `first` on. In the order of
    /// declaration each search looks at one key; otherwise it goes round the map once.
    func find(_ key: String, map: Int, first: Int, count: Int, depth: Int) -> Int? {
        let start = hint(map: map, first: first, depth: depth)
        var (index, entry) = (start.index, start.position)
        for _ in 0..<count {
            if index >= count { (index, entry) = (0, first) }
            let value = self.value(of: key, at: entry)
            if value.isMatch {
                hints[depth] = Hint(map: map, index: index, position: value.start, isAtValue: true)
                return value.start
            }
            entry = end(ofItemAt: value.start)
            index += 1
        }
        return nil
    }

    /// The entry behind the one that was found last in this map, or the first.
    private func hint(map: Int, first: Int, depth: Int) -> Hint {
        while hints.count <= depth {
            hints.append(Hint(map: -1, index: 0, position: 0, isAtValue: false))
        }
        var hint = hints[depth]
        if hint.map != map {
            hint = Hint(map: map, index: 0, position: first, isAtValue: false)
        } else if hint.isAtValue {
            hint.position = end(ofItemAt: hint.position)
            hint.index += 1
            hint.isAtValue = false
        }
        hints[depth] = hint
        return hint
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

    private func value(of key: String, at entry: Int) -> (start: Int, isMatch: Bool) {
        let range = reader.checkedString(at: entry)
        return (range.upperBound, reader.equals(range, key))
    }
}

extension CBORReader {
    /// The content of a string that was checked.
    func checkedString(at position: Int) -> Range<Int> {
        let (argument, first) = checkedHead(at: position)
        return first..<(first + argument)
    }

    func equals(_ range: Range<Int>, _ text: String) -> Bool {
        var text = text
        return text.withUTF8 { utf8 in
            guard utf8.count == range.count else { return false }
            var index = range.lowerBound
            for byte in utf8 {
                if bytes[index] != byte { return false }
                index += 1
            }
            return true
        }
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
