import Synchronization

/// The deaths during one purchase, until it is over: then nobody is let die any more.
final class CrashToll: Sendable {
    private let state = Mutex((died: 0, isOver: false))

    var died: Int { state.withLock { $0.died } }
    var isOver: Bool { state.withLock { $0.isOver } }

    /// One that has died is launched again.
    ///
    /// - Returns: false when it was over meanwhile.
    func count() -> Bool {
        state.withLock { state in
            if !state.isOver { state.died += 1 }
            return !state.isOver
        }
    }

    func close() { state.withLock { $0.isOver = true } }
}
