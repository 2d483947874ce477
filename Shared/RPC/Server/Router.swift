public import Lifecycle
internal import Text
internal import Wire

/// The methods that a service answers. Whoever is not named in a method's callers is refused.
public struct Router: Sendable {
    /// What is known of a registered method without its types.
    public struct Entry: Sendable {
        public let name: String
        public let isWait: Bool
        /// A few words: they are compared sooner than hashed.
        public let callers: [Role]
        let prepare: @Sendable (ArraySlice<UInt8>) throws -> Invocation
        /// Answers where the call arrived, without a task, when the reply is at hand; else false.
        var atOnce: (@Sendable (ArraySlice<UInt8>, CallContext, any ResponseSink) throws -> Bool)?
    }

    /// A decoded request, ready to run: it answers the sink exactly once.
    typealias Invocation = @Sendable (CallContext, any ResponseSink) async -> Void

    private var entries: [String: Entry] = [:]
    private let log: Log
    private let failpoint: Failpoint

    public init(log: Log, failpoint: Failpoint = .none) {
        self.log = log
        self.failpoint = failpoint
    }

    public mutating func handle<Request, Reply>(
        _ method: Method<Request, Reply>,
        _ handler: @escaping @Sendable (Request, CallContext) async throws -> Reply
    ) {
        add(method, handler)
    }

    /// Of a method whose reply is kept for many: `atOnce` gives it when it is at hand, waits for
    /// nothing and reads nothing; else `handler` makes it.
    public mutating func handle<Request, Reply>(
        _ method: Method<Request, Reply>,
        atOnce: (@Sendable (Request, CallContext) throws -> EncodedReply<Reply>?)? = nil,
        encoded handler:
            @escaping @Sendable (Request, CallContext) async throws -> EncodedReply<Reply>
    ) {
        add(method, handler)
        guard let atOnce else { return }
        let (failpoint, ownership, table) = (failpoint, method.ownership, Request.fields)
        entries[method.name]?.atOnce = { body, context, sink in
            let request = try CBOR.decodeStrictly(Request.self, from: body, table: table)
            try ownership.check(request, context)
            guard let reply = try atOnce(request, context) else { return false }
            failpoint.reach("call.\(method.name).done")
            try sink.succeed(reply)
            return true
        }
    }

    private mutating func add<Request, Reply, Answer: CBORWritable & Sendable>(
        _ method: Method<Request, Reply>,
        _ handler: @escaping @Sendable (Request, CallContext) async throws -> Answer
    ) {
        let (log, failpoint, mayChange) = (log, failpoint, method.kind == .mutation)
        let run = mayChange ? handler : Self.reading(handler)
        let (ownership, table) = (method.ownership, Request.fields)
        // Apart from the call, whose frame would else have room for all that this needs.
        @Sendable @inline(never) func fail(_ error: any Error, _ sink: any ResponseSink) {
            if case FrameError.tooLarge(let bytes, let limit) = error {
                log.error("reply.too_large", ["method": method.name, "bytes": bytes])
                sink.fail(.replyTooLarge(bytes, of: limit, mayHaveChanged: mayChange))
            } else {
                // A refusal is an answer too, and is lost like one.
                failpoint.reach("call.\(method.name).done")
                sink.fail(ErrorMap.rpcError(error, method: method.name, log))
            }
        }
        entries[method.name] = Entry(
            name: method.name, isWait: method.kind == .wait,
            callers: method.callers.sorted { $0.name < $1.name }
        ) { body in
            let request = try CBOR.decodeStrictly(Request.self, from: body, table: table)
            return { context, sink in
                do {
                    guard !Task.isCancelled else {
                        throw RPCError(
                            .cancelled, "the caller cancelled the call before it began",
                            executed: false)
                    }
                    try ownership.check(request, context)
                    failpoint.reach("call.\(method.name).arrived")
                    let reply = try await run(request, context)
                    failpoint.reach("call.\(method.name).done")
                    try sink.succeed(reply)
                } catch {
                    fail(error, sink)
                }
            }
        }
    }

    /// The same, and nothing may be written meanwhile.
    private static func reading<Request, Answer>(
        _ handler: @escaping @Sendable (Request, CallContext) async throws -> Answer
    ) -> @Sendable (Request, CallContext) async throws -> Answer {
        #if DEBUG
            return { request, context in
                try await ReadOnly.$isHere.withValue(true) { try await handler(request, context) }
            }
        #else
            return handler
        #endif
    }

    /// All methods, by name.
    public var methods: [Entry] { entries.values.sorted { $0.name < $1.name } }

    func entry(_ method: String) throws(RPCError) -> Entry {
        guard let entry = entries[method] else {
            throw RPCError(.unknownMethod, "there is no method \(method.quoted) here")
        }
        return entry
    }
}

/// Where one call's answer goes.
protocol ResponseSink: Sendable {
    func succeed(_ reply: some CBORWritable) throws
    func fail(_ error: RPCError)
}

extension RPCError {
    /// The truth about a call that was executed and whose reply cannot be told: it is the same
    /// however often it is asked, but what a mutation did is done.
    static func replyTooLarge(_ bytes: Int, of limit: Int, mayHaveChanged: Bool) -> RPCError {
        let size = "its reply has \(bytes) bytes, and a frame holds \(limit)"
        return RPCError(
            code: Reason.replyTooLarge.code, reason: .replyTooLarge,
            message: (mayHaveChanged ? "the call was executed, but " : "nothing was changed; ")
                + size,
            outcome: mayHaveChanged ? .unknown : Reason.replyTooLarge.outcome,
            executed: mayHaveChanged, retryAfterMs: nil,
            detail: ["bytes": .integer(Int64(bytes)), "limit": .integer(Int64(limit))])
    }
}

/// The one place where errors become what crosses the wire: internals never leak.
enum ErrorMap {
    static func rpcError(_ error: any Error, method: String, _ log: Log) -> RPCError {
        switch error {
        case let error as RPCError: return error
        case is CancellationError: return RPCError(.cancelled, "the caller cancelled the call")
        case let error as FieldErrors: return .invalid(error.problems.map(\.ofBody))
        case let error as CBORError:
            return .invalid([FieldProblem(field: "body", problem: "\(error)")])
        case let error as any FaultError:
            log.warning("call.fault", ["method": method, "error": "\(error)"])
            return rpcError(error.fault)
        default:
            log.error("call.failed", ["method": method, "error": "\(error)"])
            return RPCError(.internal, "the service failed; its log says why")
        }
    }

    private static func rpcError(_ fault: Fault) -> RPCError {
        switch fault {
        case .unavailable:
            RPCError(
                .unavailable, "the storage is busy", executed: false, retryAfterMs: 200)
        case .storageFull:
            RPCError(.storageFull, "the disk is full", executed: false, retryAfterMs: 1_000)
        case .unknownOutcome:
            RPCError(.unavailable, "the storage did not say whether it was written")
        case .internal:
            RPCError(.internal, "the service failed; its log says why")
        }
    }
}
