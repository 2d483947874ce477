internal import Lifecycle
internal import Net
internal import Synchronization
internal import Wire

/// One accepted connection: a shell around pure parts. It reads frames, asks the hello, the call
/// table and the admission, and acts.
final class ServerConnection: ChannelHandler {
    private enum Phase {
        /// Waits for the client's hello; exits: serving, ended.
        case greeting(ServerHandshake)
        /// Takes calls; exits: ended.
        case serving(Caller)
        case ended
    }

    private struct Caller {
        let name: String
        let identity: Credentials.Identity
    }

    private struct State {
        var phase: Phase
        var calls = CallTable()
        var health: LinkHealth
        var isDraining = false
        /// Its calls have ended after it was asked to leave; it is closed if it does not.
        var isLeaving = false
        /// What waits to be read, as the server counts it; nothing when it is little.
        var unread = 0

        /// Strangers say nothing but hello.
        func mustServe(_ what: String) throws(ProtocolViolation) {
            if case .greeting = phase { throw ProtocolViolation("\(what) before the hello") }
        }
    }

    /// Its place among all that the server has accepted.
    let number: UInt64
    let channel: any Channel
    private let server: Server
    private let state: Mutex<State>
    /// Only `channelReceived` touches it, and a channel calls that from one thread at a time.
    nonisolated(unsafe) private var frames: FrameDecoder
    nonisolated(unsafe) private var frameCount = 0
    /// Bytes of a frame that is not whole, as the server counts them; touched like `frames`.
    nonisolated(unsafe) private var held = 0
    /// Gave a wrong proof and waits to be told; touched like `frames`.
    nonisolated(unsafe) private var isRefused = false

    init(
        _ number: UInt64, channel: any Channel, server: Server, handshake: ServerHandshake,
        health: LinkHealth
    ) {
        self.number = number
        self.channel = channel
        self.server = server
        state = Mutex(State(phase: .greeting(handshake), health: health))
        frames = FrameDecoder(limit: server.limits.handshakeFrameBytes)
    }

    private var nowMs: Int64 { Int64(server.world.scheduler.uptimeNanoseconds / 1_000_000) }

    // MARK: What the channel tells

    func channelReceived(_ bytes: UnsafeRawBufferPointer) {
        guard !isRefused else { return }
        frames.append(bytes)
        do {
            while !isRefused, let frame = try frames.next() {
                frameCount += 1
                var reader = CBORReader(frame)
                try handle(try Frame.read(&reader), reader)
            }
        } catch let error as FrameError {
            return end("\(Reason.frameTooLarge.name): \(error)")
        } catch let error as ProtocolViolation {
            return end("\(Reason.protocolError.name): \(error.message)")
        } catch {
            return end("\(Reason.protocolError.name): \(error)")
        }
        let (now, count, waiting) = (nowMs, frameCount, frames.waiting)
        guard mayHold(waiting) else {
            return end("\(Reason.overloaded.name): too many frames that are not whole")
        }
        state.withLock { $0.health.heard(nowMs: now, frames: count, isPartial: waiting > 0) }
    }

    /// Tells the server how much of a frame that is not whole lies here now. False when all
    /// connections together hold too much and this one is part of it; then nothing lies here.
    private func mayHold(_ bytes: Int) -> Bool {
        guard bytes != held else { return true }
        let mayAll = server.holds(bytes - held)
        held = bytes
        guard !mayAll, bytes > server.limits.smallFrameBytes else { return true }
        frames = FrameDecoder(limit: 0)
        _ = mayHold(0)
        return false
    }

    func channelDrained() {
        count(unread: 0)
        let now = nowMs
        state.withLock { $0.health.unsent(false, nowMs: now) }
        channel.setReading(true)
    }

    func channelClosed(_ reason: NetError?) {
        _ = mayHold(0)
        count(unread: 0)
        let (tasks, identity) = state.withLock { state -> ([Task<Void, any Error>], String?) in
            defer { state.phase = .ended }
            guard case .serving(let caller) = state.phase else { return ([], nil) }
            return (state.calls.tasks(), caller.name)
        }
        // Each keeps its place until its handler has ended.
        for task in tasks { task.cancel() }
        server.closed(self, identity: identity)
    }

    // MARK: What the server asks

    func greet(_ hello: Hello) {
        do { try channel.sendHello(hello) } catch { channel.abort() }
    }

    func tick() {
        // A channel says what waits when something is written; the last may be long ago.
        count(unread: channel.write { _ in })
        let now = nowMs
        let verdict = state.withLock {
            $0.health.tick(nowMs: now, callsInFlight: $0.calls.running + $0.calls.waiting)
        }
        switch verdict {
        case .fine: break
        case .ping: channel.sendSmall(.ping) { $0.integer(now) }
        case .retire: drain("connection age", quietMs: server.limits.leaveMs)
        case .close(let why): end(why)
        case .abort: channel.abort()
        }
    }

    /// Asks the client to open nothing new here. The client closes the connection when its calls
    /// have ended, and a moment later so do we, after `quietMs` where there is none; long polls are
    /// ended now.
    func drain(_ reason: String, quietMs: Int64) {
        let (isFirst, waits) = state.withLock { state in
            defer { state.isDraining = true }
            return (!state.isDraining, state.calls.tasks(waitsOnly: true))
        }
        if isFirst { channel.sendGoaway(reason) }
        for task in waits { task.cancel() }
        letLeave(afterMs: quietMs)
    }

    /// Says why, then closes.
    func end(_ reason: String) {
        let isOver = state.withLock { state in
            if case .ended = state.phase { true } else { state.health.isClosed }
        }
        guard !isOver else { return }
        server.log(endOf: channel, reason)
        channel.sendGoaway(reason)
        close()
    }

    /// Not closed at once: a request that left the client before it heard of the goaway would be
    /// torn off, and nobody could say whether it was executed.
    private func letLeave(afterMs delay: Int64) {
        let isFirst = state.withLock { state in
            guard state.isDraining, state.calls.isEmpty, !state.isLeaving else { return false }
            state.isLeaving = true
            return true
        }
        guard isFirst else { return }
        _ = server.world.scheduler.schedule(afterMs: delay) { [weak self] in
            self?.close()
        }
    }

    private func close() {
        let now = nowMs
        state.withLock { $0.health.closed(nowMs: now) }
        channel.close()
    }

    // MARK: Frames

    private func handle(_ frame: Frame, _ reader: borrowing CBORReader) throws {
        switch frame {
        case .hello(let hello): try received(hello)
        case .request(let head): try received(head, body: reader.rest)
        case .cancel(let id): try cancel(id)
        case .ping(let number):
            let now = nowMs
            let isAllowed = try state.withLock { state in
                try state.mustServe("a ping")
                return state.health.peerPinged(nowMs: now)
            }
            guard isAllowed else { throw ProtocolViolation("too many pings") }
            channel.sendSmall(.pong) { $0.unsigned(number) }
        case .pong, .goaway: break
        case .result, .failure: throw ProtocolViolation("a client sends no responses")
        }
    }

    private func received(_ hello: Hello) throws {
        guard case .greeting(let handshake) = state.withLock({ $0.phase }) else {
            throw ProtocolViolation("a second hello")
        }
        do throws(RPCError) {
            let (name, answer) = try server.answer(hello, handshake)
            guard let identity = server.credentials.identity(named: name),
                server.greeted(self, identity: name)
            else { return end("\(Reason.overloaded.name): too many connections of \(name)") }
            state.withLock {
                $0.phase = .serving(Caller(name: name, identity: identity))
                $0.health.greeted()
            }
            frames.limit = server.limits.frameBytes
            greet(answer)
        } catch {
            let reason = "\(error.reason.name): \(error.message)"
            if error.reason == .unauthenticated { refuse(reason) } else { end(reason) }
        }
    }

    /// Whoever gives a wrong proof is told after a while, as far as there is room to wait, and is
    /// not heard meanwhile.
    private func refuse(_ reason: String) {
        isRefused = true
        channel.setReading(false)
        guard server.mayDelay else { return end(reason) }
        _ = server.world.scheduler.schedule(afterMs: server.limits.wrongProofMs) { [weak self] in
            self?.end(reason)
        }
    }

    private func received(_ head: RequestHead, body: ArraySlice<UInt8>) throws {
        let now = server.world.scheduler.uptimeNanoseconds
        guard case .serving(let caller) = state.withLock({ $0.phase }) else {
            throw ProtocolViolation("a request before the hello")
        }
        let entry = Result { () throws(RPCError) in try server.router.entry(head.method) }
        let isWait = (try? entry.get().isWait) ?? false
        guard state.withLock({ $0.calls.begin(head.id, isWait: isWait) }) else {
            throw ProtocolViolation("call \(head.id) is still running")
        }
        let sink = Response(connection: self, id: head.id, identity: caller.name, startedAt: now)
        do {
            let entry = try entry.get()
            let context = try context(head, caller, entry, now)
            // Before the body is looked at: under overload this is what most calls cost.
            try admit(head.id, isWait: isWait, caller)
            if try entry.atOnce?(body, context, sink) == true { return }
            let invocation = try entry.prepare(body)
            let task = server.world.scheduler.spawn { await invocation(context, sink) }
            state.withLock { $0.calls.started(head.id, task) }
        } catch {
            sink.fail(ErrorMap.rpcError(error, method: head.method, server.world.log))
        }
    }

    private func context(
        _ head: RequestHead, _ caller: Caller, _ entry: Router.Entry, _ now: UInt64
    ) throws(RPCError) -> CallContext {
        if let problem = head.problem { throw problem }
        guard !head.hasKey else {
            throw .invalid(
                "context.key",
                "is not taken: the id in the request is the idempotency key, so send the same id "
                    + "again")
        }
        var roles = caller.identity.roles
        if let actor = head.actor {
            try actor.check()
            guard caller.identity.actorKinds.contains(actor.kind) else {
                throw RPCError(
                    .permissionDenied, "\(caller.name) may not speak for a \(actor.kind)")
            }
            let claimed = (actor.roles ?? []).map { Role($0) }
            guard claimed.allSatisfy(caller.identity.mayClaim.contains) else {
                throw RPCError(
                    .permissionDenied, "\(caller.name) may not claim these roles for an actor")
            }
            roles += claimed
        }
        guard roles.contains(where: entry.callers.contains) else {
            throw RPCError(.permissionDenied, "\(caller.name) may not call \(entry.name)")
        }
        let longest = UInt64(server.limits.deadlineMs)
        let allowed = min(head.deadlineMs ?? longest, longest)
        guard allowed > 0 else {
            throw RPCError(
                .deadlineExceeded, "the deadline had passed before the call began",
                executed: false)
        }
        return CallContext(
            identity: caller.name, roles: roles, actor: head.actor,
            requiresActor: caller.identity.requiresActor,
            deadline: now + allowed * 1_000_000, mostWaitMs: server.limits.waitMs)
    }

    private func admit(_ id: UInt64, isWait: Bool, _ caller: Caller) throws(RPCError) {
        let limits = server.limits
        let (running, waiting, isDraining) = state.withLock {
            ($0.calls.running, $0.calls.waiting, $0.isDraining)
        }
        guard !isDraining else {
            throw RPCError(.draining, "this connection is closing", retryAfterMs: 100)
        }
        let most = isWait ? limits.waitsPerConnection : limits.callsPerConnection
        guard (isWait ? waiting : running) <= most else {
            throw Self.overloaded(
                "a connection has at most \(most) \(isWait ? "waiting " : "")calls at once")
        }
        let isService = caller.identity.roles.contains(where: Role.services.contains)
        guard server.begin(isWait: isWait, of: caller.name, isService: isService) else {
            throw Self.overloaded(
                "too many \(isWait ? "waiting " : "")calls of \(caller.name) at once, or of all "
                    + "callers")
        }
        state.withLock { $0.calls.counted(id) }
    }

    private static func overloaded(_ message: String) -> RPCError {
        RPCError(.overloaded, message, retryAfterMs: 100)
    }

    private func cancel(_ id: UInt64) throws {
        let now = nowMs
        let (isAllowed, task) = try state.withLock { state in
            try state.mustServe("a cancel")
            return (state.health.peerCancelled(nowMs: now), state.calls.cancelled(id))
        }
        guard isAllowed else { throw ProtocolViolation("too many cancels") }
        task?.cancel()
    }

    // MARK: Answers

    var mostUnread: Int { server.mostUnread }

    private func count(unread bytes: Int) {
        let counts = bytes > server.limits.smallUnreadBytes ? bytes : 0
        let more = state.withLock { state in
            defer { state.unread = counts }
            return counts - state.unread
        }
        if more != 0 { server.unread(more) }
    }

    /// Sends a call's one response.
    func answer(
        _ response: Response, _ body: (inout CBORWriter) throws -> Void
    ) throws {
        guard state.withLock({ $0.calls.isLive(response.id) }) else { return }
        let unsent = try channel.sendFrame(limit: server.limits.frameBytes, body)
        let now = nowMs
        count(unread: unsent)
        let isTooMuch = unsent > server.limits.unsentBytes
        let call = state.withLock { state in
            state.health.called(nowMs: now)
            if isTooMuch { state.health.unsent(true, nowMs: now) }
            return state.calls.end(response.id)
        }
        if isTooMuch { channel.setReading(false) }
        if let call, call.isCounted { server.end(isWait: call.isWait, of: response.identity) }
        letLeave(afterMs: server.limits.leaveMs)
    }

    /// The error as the caller shall hear it: who drains has cancelled the call, not the caller.
    func told(_ error: RPCError, of id: UInt64) -> RPCError {
        guard error.reason == .cancelled else { return error }
        let isDrained = state.withLock { $0.isDraining && $0.calls.isWaitedFor(id) }
        guard isDrained else { return error }
        return RPCError(
            .draining, "this connection is closing; ask again on another", retryAfterMs: 100)
    }
}
