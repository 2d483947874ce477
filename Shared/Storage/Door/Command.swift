import Synchronization

/// Which commands a batch takes first: those of sagas, which finish what was begun, up to three
/// quarters of it.
public enum Lane: Sendable {
    case normal, saga
}

/// A command on its way through a door, without the type of what it returns: that is known only
/// where the command is made and where its value is taken, so that nothing between is generic.
final class Command: Sendable {
    /// Runs the command and keeps its value; gives what it threw.
    typealias Body = @Sendable (Batch) -> (any Error)?

    private enum State {
        /// The caller is on its way to sleep.
        case new
        case waiting(UnsafeContinuation<Void, any Error>)
        case running(UnsafeContinuation<Void, any Error>?, (any Error)?)
        case answered
    }

    let lane: Lane
    /// Passes while the disk is short: it gives money or stock back, or finishes a saga.
    let isEssential: Bool
    private let body: Body
    private let state = Mutex(State.new)

    init(_ lane: Lane, isEssential: Bool, _ body: @escaping Body) {
        self.lane = lane
        self.isEssential = isEssential
        self.body = body
    }

    // MARK: The caller

    /// Queues the command and waits until it is done; throws what it threw, or why it was not run.
    /// Cancelling the caller takes it back as long as it has not begun.
    func wait(in queue: CommandQueue) async throws {
        try await withTaskCancellationHandler {
            // Resumed exactly once: by whoever moves the state to `answered`.
            try await withUnsafeThrowingContinuation { continuation in
                let isNew = state.withLock { state in
                    guard case .new = state else { return false }
                    state = .waiting(continuation)
                    return true
                }
                guard isNew else { return continuation.resume(throwing: Self.cancelled) }
                if let refusal = queue.put(self) { fail(refusal) }
            }
        } onCancel: {
            let waiting: UnsafeContinuation<Void, any Error>? = state.withLock { state in
                switch state {
                case .new:
                    state = .answered
                    return nil
                case .waiting(let continuation):
                    state = .answered
                    return continuation
                case .running, .answered: return nil
                }
            }
            waiting?.resume(throwing: Self.cancelled)
        }
    }

    /// What became of a command that nobody waits for, once its batch has ended.
    func outcome() throws {
        let error: (any Error)? = state.withLock { state in
            guard case .running(_, let error) = state else { return nil }
            return error
        }
        if let error { throw error }
    }

    // MARK: The batch

    /// False when the command was answered before it began.
    func begin() -> Bool {
        state.withLock { state in
            switch state {
            case .new:
                state = .running(nil, nil)
                return true
            case .waiting(let continuation):
                state = .running(continuation, nil)
                return true
            case .running: return true
            case .answered: return false
            }
        }
    }

    /// Runs, perhaps once more, keeping the outcome; false when the command threw.
    func attempt(_ batch: Batch) -> Bool {
        let error = body(batch)
        keep(error)
        return error == nil
    }

    /// Answers with the kept outcome, which is committed now.
    func deliver() {
        let answer: (UnsafeContinuation<Void, any Error>, (any Error)?)? = state.withLock { state in
            guard case .running(let continuation?, let error) = state else { return nil }
            state = .answered
            return (continuation, error)
        }
        guard let (continuation, error) = answer else { return }
        if let error { continuation.resume(throwing: error) } else { continuation.resume() }
    }

    /// Answers with an error, unless it was answered before.
    func fail(_ error: StorageError) {
        guard begin() else { return }
        keep(error)
        deliver()
    }

    private func keep(_ error: (any Error)?) {
        state.withLock { state in
            if case .running(let continuation, _) = state { state = .running(continuation, error) }
        }
    }

    private static var cancelled: StorageError {
        StorageError(.cancelled, "the caller gave up before its command began")
    }
}

/// What a command or a query gave, on its way from the database's thread to the caller.
final class Outcome<Value: Sendable>: Sendable {
    private let value = Mutex(Value?.none)

    /// Runs the closure and keeps its value; gives what it threw.
    func keep(_ body: () throws -> Value) -> (any Error)? {
        do {
            let value = try body()
            self.value.withLock { $0 = value }
            return nil
        } catch { return error }
    }

    /// The value, once.
    func take() throws -> Value {
        guard let value = value.withLock({ $0.take() }) else {
            throw StorageError(.statement, "a batch ended without the command's value")
        }
        return value
    }
}
