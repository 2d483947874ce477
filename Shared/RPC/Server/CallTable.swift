/// The calls of one server connection that have no answer yet. Pure: it decides, the connection
/// acts.
struct CallTable {
    struct Call {
        let isWait: Bool
        /// Counted by the server's admission, and to be given back there.
        var isCounted = false
        /// The caller has taken it back.
        var isCancelled = false
        var task: Task<Void, any Error>?
    }

    private var calls: [UInt64: Call] = [:]
    private(set) var waiting = 0
    var running: Int { calls.count - waiting }
    var isEmpty: Bool { calls.isEmpty }

    /// Takes a call in; false when its id is live already.
    mutating func begin(_ id: UInt64, isWait: Bool) -> Bool {
        guard calls[id] == nil else { return false }
        calls[id] = Call(isWait: isWait)
        if isWait { waiting += 1 }
        return true
    }

    /// The server's admission has counted the call.
    mutating func counted(_ id: UInt64) {
        guard let index = calls.index(forKey: id) else { return }
        calls.values[index].isCounted = true
    }

    /// Keeps the task of a call that was admitted, to cancel it by.
    mutating func started(_ id: UInt64, _ task: Task<Void, any Error>) {
        guard let index = calls.index(forKey: id) else { return }
        calls.values[index].task = task
    }

    /// The call, the first time: then it has been answered, and only then its place is free.
    mutating func end(_ id: UInt64) -> Call? {
        guard let call = calls.removeValue(forKey: id) else { return nil }
        if call.isWait { waiting -= 1 }
        return call
    }

    func isLive(_ id: UInt64) -> Bool { calls[id] != nil }

    /// The caller takes the call back: the task to cancel.
    mutating func cancelled(_ id: UInt64) -> Task<Void, any Error>? {
        guard let index = calls.index(forKey: id) else { return nil }
        calls.values[index].isCancelled = true
        return calls.values[index].task
    }

    /// Whether it is a long poll that its caller has not taken back.
    func isWaitedFor(_ id: UInt64) -> Bool {
        calls[id].map { $0.isWait && !$0.isCancelled } ?? false
    }

    /// The tasks of all calls, or of the long polls alone, in order of their ids.
    func tasks(waitsOnly: Bool = false) -> [Task<Void, any Error>] {
        calls.filter { $0.value.isWait || !waitsOnly }.sorted { $0.key < $1.key }
            .compactMap(\.value.task)
    }
}
