internal import Wire

/// The calling side of a connection to one service: over TCP, or in the same process.
public protocol Caller: Sendable {
    func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ options: CallOptions
    ) async throws -> Reply

    /// Calls `tell` whenever a connection stands that did not stand before. While somebody wants
    /// to know, a lost connection is made again though nothing is called.
    func whenConnected(_ tell: @escaping @Sendable () -> Void)

    /// Refuses a peer whose store is of an earlier epoch than this.
    func expect(_ mark: StoreMark)
}

extension Caller {
    /// A callee in the same process is always there.
    public func whenConnected(_ tell: @escaping @Sendable () -> Void) {}

    /// A callee in the same process has no epochs.
    public func expect(_ mark: StoreMark) {}

    public func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request
    ) async throws -> Reply {
        try await call(method, request, CallOptions())
    }
}

public struct CallOptions: Sendable {
    /// How long the caller waits for the answer; at most 30 s.
    public var timeoutMs: Int64
    /// How often it is asked in all while its outcome is unknown and the deadline allows.
    public var attempts: Int
    public var actor: Actor?

    public init(timeoutMs: Int64 = 30_000, attempts: Int = 3, actor: Actor? = nil) {
        self.timeoutMs = timeoutMs
        self.attempts = attempts
        self.actor = actor
    }
}
