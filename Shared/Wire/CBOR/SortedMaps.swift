extension CBORWriter {
    /// Copies one checked item with the keys of each map, at any depth, in bytewise order.
    mutating func copySorted(_ reader: inout CBORReader) throws(CBORError) {
        let start = reader.position
        let head = try reader.readHead()
        switch head.major {
        case .array:
            let count = try reader.count(head, at: start)
            arrayHeader(count)
            for _ in 0..<count { try copySorted(&reader) }
        case .map:
            let count = try reader.count(head, at: start)
            mapHeader(count)
            let first = self.count
            var entries: [Range<Int>] = []
            entries.reserveCapacity(count)
            for _ in 0..<count {
                let entry = self.count
                bytes.append(contentsOf: try reader.readItem())
                try copySorted(&reader)
                entries.append(entry..<self.count)
            }
            sort(entries, from: first)
        default:
            reader.position = start
            bytes.append(contentsOf: try reader.readItem())
        }
    }

    /// Sorts the entries of a map that starts behind its header at `first` and ends with the
    /// buffer.
    mutating func sortEntries(from first: Int, count: Int) throws(CBORError) {
        guard count > 1 else { return }
        var reader = CBORReader(bytes[first...])
        var entries: [Range<Int>] = []
        entries.reserveCapacity(count)
        for _ in 0..<count {
            let entry = reader.position
            try reader.skipValue()
            try reader.skipValue()
            entries.append(entry..<reader.position)
        }
        sort(entries, from: first)
    }

    /// Unique keys differ before their values begin, so whole entries can be compared.
    private mutating func sort(_ entries: [Range<Int>], from first: Int) {
        let unsorted = bytes
        let inOrder = entries.sorted {
            unsorted[$0].lexicographicallyPrecedes(unsorted[$1])
        }
        bytes.removeSubrange(first...)
        for entry in inOrder { bytes.append(contentsOf: unsorted[entry]) }
    }
}
