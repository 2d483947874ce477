/// Timers by their deadline, those of the same one in the order in which they were set: a binary
/// heap, out of which a cancelled timer falls when its time comes.
struct VirtualTimers {
    typealias Action = @Sendable () -> Void

    private struct Entry {
        let deadline: UInt64
        let id: UInt64

        func isBefore(_ other: Entry) -> Bool {
            deadline == other.deadline ? id < other.id : deadline < other.deadline
        }
    }

    private var heap: [Entry] = []
    private var actions: [UInt64: Action] = [:]
    private var last: UInt64 = 0

    var count: Int { actions.count }

    mutating func add(at deadline: UInt64, _ action: @escaping Action) -> UInt64 {
        last += 1
        actions[last] = action
        heap.append(Entry(deadline: deadline, id: last))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
        return last
    }

    mutating func cancel(_ id: UInt64) { actions[id] = nil }

    /// The next timer that is due by `limit`.
    mutating func take(notAfter limit: UInt64) -> (deadline: UInt64, action: Action)? {
        while let first = heap.first {
            guard let action = actions[first.id] else {
                removeFirst()
                continue
            }
            guard first.deadline <= limit else { return nil }
            removeFirst()
            actions[first.id] = nil
            return (first.deadline, action)
        }
        return nil
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
