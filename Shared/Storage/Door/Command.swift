import Synchronization

/// Which commands a batch takes first: those of sagas, which finish what was begun, up to three
/// quarters of it.
public enum Lane: Sendable {
    case normal, saga
}

/// A command in the queue of the writer, whatever it returns.
protocol Command: AnyObject, Sendable {
    var lane: Lane { get }
    /// Passes while the disk is short: it gives money or stock back, or finishes a saga.
    var isEssential: Bool { get }
    /// False when the command was answered before it began.
    func begin() -> Bool
    /// Runs once more, keeping the outcome; false when the command threw.
    func attempt(_ batch: Batch) -> Bool
    /// Answers with the kept outcome, which is committed now.
    func deliver()
    /// Answers with an error, unless it was answered before.
    func fail(_ error: StorageError)
}

/// One command with its caller's continuation.
final class QueuedCommand<Value: Sendable>: Command {
    private enum State {
        /// The caller is on its way to sleep.
        case new
        case waiting(UnsafeContinuation<Value, any Error>)
        case running(UnsafeContinuation<Value, any Error>, Result<Value, any Error>?)
        case answered
    }

    let lane: Lane
    let isEssential: Bool
    private let body: @Sendable (Batch) throws -> Value
    private let state = Mutex(State.new)

    init(_ lane: Lane, isEssential: Bool, _ body: @escaping @Sendable (Batch) throws -> Value) {
        self.lane = lane
        self.isEssential = isEssential
        self.body = body
    }

    /// Queues the command and waits for its outcome. Cancelling the caller takes it back as long
    /// as it has not begun.
    func outcome(in queue: CommandQueue) async throws -> Value {
        try await withTaskCancellationHandler {
            // Resumed exactly once: by whoever moves the state to `answered`.
            try await withUnsafeThrowingContinuation { continuation in
                let isNew = state.withLock { state in
                    guard case .new = state else { return false }
                    state = .waiting(continuation)
                    return true
                }
                guard isNew else {
                    return continuation.resume(throwing: Self.cancelled)
                }
                if let refusal = queue.put(self) { fail(refusal) }
            }
        } onCancel: {
            let waiting: UnsafeContinuation<Value, any Error>? = state.withLock { state in
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

    func begin() -> Bool {
        state.withLock { state in
            switch state {
            case .waiting(let continuation):
                state = .running(continuation, nil)
                return true
            case .running: return true
            case .new, .answered: return false
            }
        }
    }

    func attempt(_ batch: Batch) -> Bool {
        let result = Result { try body(batch) }
        state.withLock { state in
            if case .running(let continuation, _) = state {
                state = .running(continuation, result)
            }
        }
        if case .success = result { return true }
        return false
    }

    func deliver() {
        let answer: (UnsafeContinuation<Value, any Error>, Result<Value, any Error>)? =
            state.withLock { state in
                guard case .running(let continuation, let result?) = state else { return nil }
                state = .answered
                return (continuation, result)
            }
        if let (continuation, result) = answer { continuation.resume(with: result) }
    }

    func fail(_ error: StorageError) {
        let caller: UnsafeContinuation<Value, any Error>? = state.withLock { state in
            switch state {
            case .waiting(let continuation), .running(let continuation, _):
                state = .answered
                return continuation
            case .new, .answered: return nil
            }
        }
        caller?.resume(throwing: error)
    }

    private static var cancelled: StorageError {
        StorageError(.cancelled, "the caller gave up before its command began")
    }
}
