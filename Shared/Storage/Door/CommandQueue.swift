import Synchronization

/// What waits for whoever writes, bounded, in two lanes.
final class CommandQueue: Sendable {
    static let limit = 8192
    static let batchLimit = 256

    private struct State {
        var saga = Lane()
        var normal = Lane()
        var isClosed = false
        var isAsleep = false
    }

    /// First in, first out, without moving what waits.
    private struct Lane {
        private var commands: [Command] = []
        private var taken = 0

        var count: Int { commands.count - taken }

        mutating func append(_ command: Command) { commands.append(command) }

        mutating func take(_ limit: Int) -> ArraySlice<Command> {
            let slice = commands[taken..<min(commands.count, taken + max(0, limit))]
            taken += slice.count
            if taken == commands.count {
                commands.removeAll(keepingCapacity: taken < CommandQueue.limit)
                taken = 0
            } else if taken > CommandQueue.limit {
                commands.removeFirst(taken)
                taken = 0
            }
            return slice
        }
    }

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    /// `wake` is called for the first command after the queue was found empty.
    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    /// Nil when the command was taken in; else why it was not.
    func put(_ command: Command) -> StorageError? {
        let (refusal, mustWake): (StorageError?, Bool) = state.withLock { state in
            guard !state.isClosed else {
                return (StorageError(.closed, "the database is closed"), false)
            }
            guard state.saga.count + state.normal.count < Self.limit else {
                return (StorageError(.overloaded, "\(Self.limit) commands wait"), false)
            }
            switch command.lane {
            case .saga: state.saga.append(command)
            case .normal: state.normal.append(command)
            }
            defer { state.isAsleep = false }
            return (nil, state.isAsleep)
        }
        if mustWake { wake() }
        return refusal
    }

    /// What waits; nil once the queue is closed and empty.
    func take() -> [Command]? {
        state.withLock { state in
            let commands = Self.take(&state, Self.batchLimit)
            state.isAsleep = commands.isEmpty && !state.isClosed
            return commands.isEmpty && state.isClosed ? nil : commands
        }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Takes no more in; what waits is still done.
    func close() {
        state.withLock {
            $0.isClosed = true
            $0.isAsleep = false
        }
    }

    private static func take(_ state: inout State, _ limit: Int) -> [Command] {
        guard limit > 0 else { return [] }
        // Commands of sagas go first; normal ones get what is left, and never less than a quarter.
        let forNormal = min(state.normal.count, max(limit / 4, limit - state.saga.count))
        let saga = state.saga.take(limit - forNormal)
        let normal = state.normal.take(limit - saga.count)
        return Array(saga) + normal
    }
}
