/// Timers ordered by deadline, those of one deadline by age. Cancelling is O(1): a cancelled
/// timer stays in the heap without its action until it comes up, and the heap is rebuilt when
/// more than half of it is dead.
struct TimerHeap {
    private struct Entry {
        let deadline: UInt64
        let id: UInt64

        static func before(_ left: Entry, _ right: Entry) -> Bool {
            (left.deadline, left.id) < (right.deadline, right.id)
        }
    }

    private var entries: [Entry] = []
    private var actions: [UInt64: @Sendable () -> Void] = [:]
    private var lastID: UInt64 = 0

    mutating func insert(at deadline: UInt64, _ action: @escaping @Sendable () -> Void) -> UInt64 {
        lastID += 1
        actions[lastID] = action
        entries.append(Entry(deadline: deadline, id: lastID))
        siftUp(entries.count - 1)
        return lastID
    }

    mutating func cancel(_ id: UInt64) {
        actions[id] = nil
        if entries.count > 64, entries.count > 2 * actions.count {
            entries.removeAll { actions[$0.id] == nil }
            for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
        }
    }

    /// When the next live timer is due.
    mutating func nextDeadline() -> UInt64? {
        while let first = entries.first, actions[first.id] == nil { removeFirst() }
        return entries.first?.deadline
    }

    /// Takes the earliest timer that is due.
    mutating func popDue(at now: UInt64) -> (@Sendable () -> Void)? {
        guard let deadline = nextDeadline(), deadline <= now else { return nil }
        return actions.removeValue(forKey: removeFirst().id)
    }

    @discardableResult
    private mutating func removeFirst() -> Entry {
        entries.swapAt(0, entries.count - 1)
        let entry = entries.removeLast()
        siftDown(0)
        return entry
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard Entry.before(entries[child], entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && Entry.before(entries[child], entries[least]) {
                least = child
            }
            guard least != parent else { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
