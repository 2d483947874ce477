internal import FoundationEssentials

/// Which of the newest keys of a table are stored: all that were there when this began lie at or
/// below a floor, and all that came since are known. A key above the floor that is not among them
/// is new, whatever the order in which callers come with theirs.
struct NewestKeys {
    /// So many are remembered, or half as many; each takes a few dozen bytes.
    static let most = 4096

    private var floor: UInt128?
    private var above: Set<UInt128> = []

    /// False until `begin`: then nothing is known of any key.
    var isKnown: Bool { floor != nil }

    /// `highest` is the highest key that is stored; nil when there is none.
    mutating func begin(above highest: UUID?) {
        floor = highest?.number ?? 0
        above.removeAll()
    }

    /// True when no row with this key is stored.
    func lacks(_ key: UUID) -> Bool {
        guard let floor else { return false }
        let key = key.number
        return floor < key && !above.contains(key)
    }

    /// A row with this key is stored from now on, or may be.
    mutating func insert(_ key: UUID) {
        let key = key.number
        guard let floor, floor < key else { return }
        above.insert(key)
        guard above.count > Self.most else { return }
        let sorted = above.sorted()
        self.floor = sorted[sorted.count / 2]
        above = Set(sorted[(sorted.count / 2 + 1)...])
    }
}

extension UUID {
    /// In the order of its bytes, but compared at once instead of byte by byte.
    fileprivate var number: UInt128 {
        withUnsafeBytes(of: uuid) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
    }
}
