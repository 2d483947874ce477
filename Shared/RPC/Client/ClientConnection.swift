internal import Lifecycle
internal import Net
internal import Synchronization
internal import Wire

/// The calling end of one connection: says hello, sends requests, matches responses to them.
final class ClientConnection: ChannelHandler {
    private enum Phase {
        /// Exits: ready, ended.
        case greeting(ClientHandshake, whenReady: CheckedContinuation<Void, any Error>?)
        /// Exits: retiring, ended.
        case ready
        /// The server asked to come anew: open calls end here. Exits: ended.
        case retiring
        case ended(RPCError)
    }

    private struct State {
        var phase: Phase
        var health: LinkHealth
        var calls = PendingCalls()
        /// As the server's last hello said.
        var store: StoreMark?
    }

    let channel: any Channel
    private let world: World
    private let limits: RPCLimits
    private let onRetire: @Sendable (ClientConnection) -> Void
    private let state: Mutex<State>
    /// Only `channelReceived` touches it, and a channel calls that from one thread at a time.
    nonisolated(unsafe) private var frames: FrameDecoder
    nonisolated(unsafe) private var frameCount = 0

    init(
        channel: any Channel, service: String, credential: Credential, world: World,
        limits: RPCLimits, onRetire: @escaping @Sendable (ClientConnection) -> Void
    ) {
        self.channel = channel
        self.world = world
        self.limits = limits
        self.onRetire = onRetire
        let now = Int64(world.scheduler.uptimeNanoseconds / 1_000_000)
        state = Mutex(
            State(
                phase: .greeting(
                    ClientHandshake(
                        service: service, credential: credential,
                        nonce: world.random.bytes(Hello.nonceBytes)),
                    whenReady: nil),
                // The server ends a connection by age; this side only watches that it lives.
                health: LinkHealth(limits: limits, nowMs: now, ageMs: .max)))
        frames = FrameDecoder(limit: limits.handshakeFrameBytes)
        tickEverySecond()
    }

    private var nowMs: Int64 { Int64(world.scheduler.uptimeNanoseconds / 1_000_000) }

    /// Returns once both sides have proven themselves.
    func ready() async throws {
        try await withCheckedThrowingContinuation { continuation in
            let now: Result<Void, any Error>? = state.withLock { state in
                switch state.phase {
                case .greeting(let handshake, _):
                    state.phase = .greeting(handshake, whenReady: continuation)
                    return nil
                case .ready, .retiring: return .success(())
                case .ended(let error): return .failure(error)
                }
            }
            if let now { continuation.resume(with: now) }
        }
    }

    var store: StoreMark? { state.withLock { $0.store } }

    /// Whether it still takes calls.
    var isReady: Bool {
        state.withLock { if case .ready = $0.phase { true } else { false } }
    }

    // MARK: Calls

    func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ options: CallOptions
    ) async throws -> Reply {
        let id = state.withLock { $0.calls.newID() }
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let deadline =
                    world.scheduler.uptimeNanoseconds + UInt64(options.timeoutMs) * 1_000_000
                let pending = Pending<Reply>(continuation, deadline: deadline)
                start(id, pending) { [channel, limits] in
                    try channel.sendFrame(limit: limits.frameBytes) { writer in
                        RequestHead.write(id: id, method: method.name, options, to: &writer)
                        request.write(to: &writer)
                    }
                }
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func start(
        _ id: UInt64, _ pending: any PendingReply, _ send: @escaping @Sendable () throws -> Void
    ) {
        enum Next {
            case send(newTimer: UInt64?), queued(newTimer: UInt64?), fail(RPCError)
        }
        let next: Next = state.withLock { state in
            switch state.phase {
            case .ready where state.calls.isFull:
                return .fail(
                    RPCError(.overloaded, "too many calls wait here", retryAfterMs: 100))
            case .ready:
                let (mayGo, newTimer) = state.calls.add(id, pending, send)
                return mayGo ? .send(newTimer: newTimer) : .queued(newTimer: newTimer)
            case .ended(let error): return .fail(error.beforeSending)
            default: return .fail(.notConnected)
            }
        }
        switch next {
        case .send(let newTimer):
            trySend(id, send)
            if let newTimer { armTimer(at: newTimer) }
        case .queued(let newTimer): if let newTimer { armTimer(at: newTimer) }
        case .fail(let error): pending.fail(error)
        }
    }

    private func trySend(_ id: UInt64, _ send: () throws -> Void) {
        do {
            try send()
        } catch {
            let problem =
                error is FrameError
                ? RPCError(.frameTooLarge, "the request is longer than \(limits.frameBytes) bytes")
                : RPCError.invalid("body", "cannot be encoded: \(error)")
            try? finish(id) { $0.fail(problem) }
        }
    }

    /// Takes a call out and tells it how it ended; lets the next one that waited go.
    private func finish(_ id: UInt64, _ tell: (any PendingReply) -> Void) throws {
        let (finished, isDone) = state.withLock { state in
            let finished = state.calls.finish(id)
            guard case .retiring = state.phase else { return (finished, false) }
            return (finished, state.calls.isEmpty)
        }
        guard let finished else { throw ProtocolViolation("an answer to no call: \(id)") }
        if let next = finished.next { trySend(next.id, next.send) }
        if isDone { channel.close() }
        if let pending = finished.pending { tell(pending) }
    }

    private func cancel(_ id: UInt64) {
        let (pending, wasSent) = state.withLock { $0.calls.abandon(id) }
        guard let pending else { return }
        if wasSent { sendCancel(id) }
        pending.fail(RPCError(.cancelled, "the caller gave up", executed: wasSent ? nil : false))
    }

    /// Spares the server work that nobody waits for, but is no duty: many deadlines that pass
    /// together must not look like a flood, and cost the connection and all other calls on it.
    private func sendCancel(_ id: UInt64) {
        let now = nowMs
        guard state.withLock({ $0.health.mayCancel(nowMs: now) }) else { return }
        channel.sendSmall(.cancel) { $0.unsigned(id) }
    }

    private func armTimer(at deadline: UInt64) {
        _ = world.scheduler.schedule(at: deadline) { [weak self] in self?.expire(deadline) }
    }

    private func expire(_ armed: UInt64) {
        let now = world.scheduler.uptimeNanoseconds
        let (expired, next) = state.withLock { $0.calls.expire(at: now, armed: armed) }
        for call in expired {
            if call.wasSent { sendCancel(call.id) }
            call.pending.fail(
                RPCError(
                    .deadlineExceeded, "no answer within the deadline",
                    executed: call.wasSent ? nil : false))
        }
        if let next { armTimer(at: next) }
    }

    // MARK: What the channel tells

    func channelReceived(_ bytes: UnsafeRawBufferPointer) {
        frames.append(bytes)
        do {
            while let frame = try frames.next() {
                frameCount += 1
                var reader = CBORReader(frame)
                try handle(try Frame.read(&reader), reader)
            }
            let (now, count, isPartial) = (nowMs, frameCount, frames.waiting > 0)
            state.withLock { $0.health.heard(nowMs: now, frames: count, isPartial: isPartial) }
        } catch let error as ProtocolViolation {
            end(RPCError(.unavailable, "the server broke the protocol: \(error.message)"))
        } catch {
            end(RPCError(.unavailable, "the server broke the protocol: \(error)"))
        }
    }

    private func handle(_ frame: Frame, _ reader: borrowing CBORReader) throws {
        switch frame {
        case .result(let id):
            let body = reader.rest
            try finish(id) { $0.succeed(body) }
        case .failure(let id, let error): try finish(id) { $0.fail(error) }
        case .hello(let hello): try received(hello)
        case .goaway(let reason): received(goaway: reason)
        case .ping(let number): channel.sendSmall(.pong) { $0.unsigned(number) }
        case .pong: break
        case .request, .cancel: throw ProtocolViolation("a server sends no requests")
        }
    }

    private func received(_ hello: Hello) throws {
        enum Next { case answer(Hello), resume(CheckedContinuation<Void, any Error>?), nothing }
        let next: Next = try state.withLock { state in
            switch state.phase {
            case .greeting(var handshake, let waiter):
                switch try handshake.received(hello) {
                case .answer(let answer):
                    state.phase = .greeting(handshake, whenReady: waiter)
                    return .answer(answer)
                case .welcome:
                    state.phase = .ready
                    state.store = hello.store
                    state.health.greeted()
                    state.calls.mostInFlight = max(1, Int(clamping: hello.maxInFlight ?? 1))
                    return .resume(waiter)
                }
            case .ready, .retiring: throw ProtocolViolation("a second hello")
            case .ended: return .nothing
            }
        }
        switch next {
        case .answer(let answer): try channel.sendHello(answer)
        case .resume(let waiter):
            frames.limit = limits.frameBytes
            waiter?.resume()
        case .nothing: break
        }
    }

    private func received(goaway reason: String) {
        enum Next { case retire(isEmpty: Bool), end, nothing }
        let next: Next = state.withLock { state in
            switch state.phase {
            case .ready:
                state.phase = .retiring
                return .retire(isEmpty: state.calls.isEmpty)
            case .greeting: return .end
            case .retiring, .ended: return .nothing
            }
        }
        switch next {
        case .retire(let isEmpty):
            onRetire(self)
            if isEmpty { channel.close() }
        case .end:
            let isAuthentication = reason.hasPrefix(Reason.unauthenticated.name)
            end(RPCError(isAuthentication ? .unauthenticated : .unavailable, reason))
        case .nothing: break
        }
    }

    func channelDrained() {}

    func channelClosed(_ reason: NetError?) {
        end(RPCError(.unavailable, reason?.message ?? "the connection was closed"))
    }

    /// The end of the connection: every open call is told, once.
    func end(_ error: RPCError) {
        let (waiter, calls) = state.withLock { state in
            var waiter: CheckedContinuation<Void, any Error>?
            if case .ended = state.phase { return (waiter, [PendingCalls.Open]()) }
            if case .greeting(_, let continuation) = state.phase { waiter = continuation }
            state.phase = .ended(error)
            return (waiter, state.calls.endAll())
        }
        onRetire(self)
        channel.abort()
        waiter?.resume(throwing: error)
        for call in calls { call.pending.fail(call.wasSent ? error : error.beforeSending) }
    }

    private func tickEverySecond() {
        _ = world.scheduler.schedule(afterMs: 1_000) { [weak self] in
            guard let self else { return }
            let now = nowMs
            let verdict: LinkHealth.Verdict? = state.withLock { state in
                if case .ended = state.phase { return nil }
                return state.health.tick(nowMs: now, callsInFlight: 1)
            }
            switch verdict {
            case nil: return
            case .ping: channel.sendSmall(.ping) { $0.integer(now) }
            case .close(let why): end(RPCError(.unavailable, why))
            case .fine, .retire, .abort: break
            }
            tickEverySecond()
        }
    }
}

extension RPCError {
    static var notConnected: RPCError {
        RPCError(.unavailable, "the connection is closing", executed: false)
    }

    /// The same trouble, for a call that had not left yet.
    var beforeSending: RPCError {
        RPCError(
            code: code, reason: reason, message: message, outcome: outcome, executed: false,
            retryAfterMs: retryAfterMs, detail: detail)
    }
}
