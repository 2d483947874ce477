internal import FoundationEssentials

/// Which of the newest keys of a table are stored: all that were there when this began lie at or
/// below a floor, and all that came since are known. A key above the floor that is not among them
/// is new, whatever the order in which callers come with theirs.
struct NewestKeys {
    /// So many are remembered, or half as many; each takes a few dozen bytes.
    static let most = 4096

    private var floor: UUID?
    private var above: Set<UUID> = []

    /// False until `begin`: then nothing is known of any key.
    var isKnown: Bool { floor != nil }

    /// `highest` is the highest key that is stored; nil when there is none.
    mutating func begin(above highest: UUID?) {
        floor = highest ?? UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        above.removeAll()
    }

    /// True when no row with this key is stored.
    func lacks(_ key: UUID) -> Bool {
        guard let floor else { return false }
        return floor < key && !above.contains(key)
    }

    /// A row with this key is stored from now on, or may be.
    mutating func insert(_ key: UUID) {
        guard let floor, floor < key else { return }
        above.insert(key)
        guard above.count > Self.most else { return }
        let sorted = above.sorted()
        self.floor = sorted[sorted.count / 2]
        above = Set(sorted[(sorted.count / 2 + 1)...])
    }
}
