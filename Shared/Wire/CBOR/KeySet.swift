/// The keys of one map that were seen so far. Small maps are compared pairwise without allocating;
/// large ones, which a stranger may send, are hashed with the process's secret seed.
struct KeySet {
    private static let pairwise = 24

    private let isSmall: Bool
    private var count = 0
    private var marks = InlineArray<24, UInt64>(repeating: 0)
    private var keys = InlineArray<24, Range<Int>>(repeating: 0..<0)
    private var hashed: Set<ArraySlice<UInt8>> = []

    /// For a map of so many entries.
    init(count: Int) { isSmall = count <= KeySet.pairwise }

    /// Whether the key, which lies at `key` in `bytes`, is new.
    mutating func insert(_ key: Range<Int>, of bytes: ArraySlice<UInt8>) -> Bool {
        guard isSmall, count < KeySet.pairwise else { return hashed.insert(bytes[key]).inserted }
        let mark = KeySet.mark(key, of: bytes)
        for index in 0..<count where marks[index] == mark {
            if bytes[keys[index]] == bytes[key] { return false }
        }
        marks[count] = mark
        keys[count] = key
        count += 1
        return true
    }

    /// A number that differs for nearly all keys that differ.
    private static func mark(_ key: Range<Int>, of bytes: ArraySlice<UInt8>) -> UInt64 {
        var mark = UInt64(key.count)
        for index in key { mark = (mark ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
        return mark
    }
}
