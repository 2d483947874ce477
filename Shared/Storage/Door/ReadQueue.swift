import Synchronization

/// What waits for the reading thread, bounded.
final class ReadQueue: Sendable {
    typealias Job = @Sendable (any Connection, StoreWatch) -> Void

    static let limit = 4096

    private struct State {
        var jobs: [Job] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let bell: Doorbell

    init() throws { bell = try Doorbell() }

    func read(_ query: @escaping @Sendable (Reader) -> (any Error)?) async throws {
        try await withUnsafeThrowingContinuation {
            (continuation: UnsafeContinuation<Void, any Error>) in
            let refusal = put { connection, watch in
                let result = Result {
                    let error = try Reader.read(connection, watch, query)
                    if let error { throw error }
                }
                continuation.resume(with: result)
            }
            if let refusal { continuation.resume(throwing: refusal) }
        }
    }

    /// Looks how far others have come. Who waits asks again soon, if it comes to nothing.
    func look() {
        _ = put { connection, watch in try? Reader.read(connection, watch) { _ in } }
    }

    /// Runs jobs until the queue is closed and empty.
    func work(on connection: any Connection, _ watch: StoreWatch) {
        while true {
            let (jobs, isClosed) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isClosed)
            }
            for job in jobs { job(connection, watch) }
            if jobs.isEmpty {
                if isClosed { return }
                bell.wait()
            }
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        bell.ring()
    }

    private func put(_ job: @escaping Job) -> StorageError? {
        let (refusal, wasEmpty): (StorageError?, Bool) = state.withLock { state in
            guard !state.isClosed else {
                return (StorageError(.closed, "the database is closed"), false)
            }
            guard state.jobs.count < Self.limit else {
                return (StorageError(.overloaded, "\(Self.limit) queries wait"), false)
            }
            state.jobs.append(job)
            return (nil, state.jobs.count == 1)
        }
        if wasEmpty { bell.ring() }
        return refusal
    }
}
