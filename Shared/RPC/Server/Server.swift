public import Lifecycle
public import Net
internal import Synchronization

/// Answers calls at one address: accepts connections, bounds them, and stops in good order.
public final class Server: Sendable {
    private struct State {
        var admission: Admission
        /// By their numbers, which rise.
        var connections: [UInt64: ServerConnection] = [:]
        var lastConnection: UInt64 = 0
        var listener: (any Listener)?
        var ticker: ScheduledTimer?
        var isStopping = false
        var whenEmpty: [CheckedContinuation<Void, Never>] = []
        var endings = (logged: 0, sinceMs: Int64(0))
    }

    /// What the hellos say of the service: its name at once, its store to who has proven a name.
    public struct Greeting: Sendable {
        public let service: String
        let store: @Sendable () -> StoreMark?

        public init(
            service: String, store: @escaping @Sendable () -> StoreMark? = { nil }
        ) {
            self.service = service
            self.store = store
        }
    }

    public let limits: RPCLimits
    public let world: World
    let router: Router
    let credentials: Credentials
    private let greeting: Greeting
    private let state: Mutex<State>
    private let partialBytes = Atomic<Int>(0)
    private let unreadBytes = Atomic<Int>(0)

    public init(
        _ greeting: Greeting, router: Router, credentials: Credentials, world: World,
        limits: RPCLimits = RPCLimits()
    ) {
        self.greeting = greeting
        self.router = router
        self.credentials = credentials
        self.world = world
        self.limits = limits
        state = Mutex(State(admission: Admission(limits: limits)))
    }

    /// Begins to listen; returns the address that was bound.
    public func start(at address: Address, on network: any Network) async throws -> Address {
        let listener = try await network.listen(at: address) { [self] in accept($0) }
        state.withLock { $0.listener = listener }
        tickEverySecond()
        return listener.address
    }

    /// Takes nothing new, lets calls in flight end for at most `limits.drainMs`, then closes.
    public func stop() async {
        let (listener, connections) = state.withLock { state in
            state.isStopping = true
            return (state.listener, sorted(state.connections))
        }
        listener?.close()
        for connection in connections {
            connection.drain(Reason.draining.name, quietMs: limits.quietLeaveMs)
        }
        let giveUp = world.scheduler.schedule(afterMs: limits.drainMs) { [self] in
            let late = state.withLock { sorted($0.connections) }
            if !late.isEmpty { world.log.warning("drain.cut", ["connections": late.count]) }
            for connection in late { connection.channel.abort() }
        }
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.connections.isEmpty { state.whenEmpty.append(continuation) }
                return state.connections.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
        giveUp.cancel()
        state.withLock { $0.ticker }?.cancel()
    }

    /// Connections that are open now.
    public var connectionCount: Int { state.withLock { $0.connections.count } }

    // MARK: Connections

    private func accept(_ channel: any Channel) -> any ChannelHandler {
        let host = host(of: channel)
        let place = state.withLock { state -> (number: UInt64, leaving: ServerConnection?)? in
            guard !state.isStopping else { return nil }
            state.lastConnection += 1
            let leaving = state.admission.connect(state.lastConnection, from: host)
            return (state.lastConnection, leaving.flatMap { state.connections[$0] })
        }
        guard let place else {
            channel.sendGoaway(Reason.draining.name)
            channel.close()
            return Unwanted()
        }
        place.leaving?.end("\(Reason.overloaded.name): others wait to say hello")
        let tenth = limits.ageMs / 10
        let age = limits.ageMs - tenth + Int64(world.random.below(UInt64(2 * tenth + 1)))
        let handshake = ServerHandshake(
            service: greeting.service, nonce: world.random.bytes(Hello.nonceBytes),
            credentials: credentials)
        let connection = ServerConnection(
            place.number, channel: channel, server: self, handshake: handshake,
            health: LinkHealth(limits: limits, nowMs: nowMs, ageMs: age))
        state.withLock { $0.connections[place.number] = connection }
        connection.greet(handshake.greeting)
        return connection
    }

    /// Judges a client's hello; no failure before it counts.
    func answer(
        _ hello: Hello, _ handshake: ServerHandshake
    ) throws(RPCError) -> (identity: String, Hello) {
        do throws(RPCError) {
            var answer = try handshake.answer(hello, limits: limits)
            answer.1.store = greeting.store()
            return answer
        } catch {
            world.metrics.count("rpc.unauthenticated")
            throw error
        }
    }

    /// Whether one more wrong proof may wait for its answer.
    var mayDelay: Bool { state.withLock { $0.admission.mayDelay } }

    private var nowMs: Int64 { Int64(world.scheduler.uptimeNanoseconds / 1_000_000) }

    func greeted(_ connection: ServerConnection, identity: String) -> Bool {
        world.metrics.count("rpc.connections")
        return state.withLock {
            $0.admission.greet(
                connection.number, from: host(of: connection.channel), as: identity)
        }
    }

    func closed(_ connection: ServerConnection, identity: String?) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.connections.removeValue(forKey: connection.number) != nil else {
                return []
            }
            state.admission.disconnect(
                connection.number, from: host(of: connection.channel), identity: identity)
            guard state.connections.isEmpty else { return [] }
            defer { state.whenEmpty = [] }
            return state.whenEmpty
        }
        for waiter in waiters { waiter.resume() }
    }

    /// A connection holds so many bytes more, or fewer, of frames that are not whole. False when
    /// all together hold too many.
    func holds(_ bytes: Int) -> Bool {
        partialBytes.add(bytes, ordering: .relaxed).newValue <= limits.partialBytes
    }

    /// So many bytes more, or fewer, wait for peers who are slow to read.
    func unread(_ bytes: Int) { unreadBytes.add(bytes, ordering: .relaxed) }

    /// How much may wait for one peer before its calls end without their results.
    var mostUnread: Int {
        unreadBytes.load(ordering: .relaxed) < limits.unreadBytesInAll
            ? limits.unreadBytes : limits.smallUnreadBytes
    }

    /// Why a connection was ended. Whoever comes again and again must not fill the disk with lines:
    /// beyond so many a second they are only counted.
    func log(endOf channel: any Channel, _ why: String) {
        let now = nowMs
        let mayTell = state.withLock { state in
            if now - state.endings.sinceMs >= 1_000 { state.endings = (0, now) }
            state.endings.logged += 1
            return state.endings.logged <= limits.endingsLoggedPerSecond
        }
        world.metrics.count("rpc.ended")
        if mayTell { world.log.info("connection.ended", ["peer": channel.peer, "why": why]) }
    }

    func begin(isWait: Bool, of identity: String, isService: Bool) -> Bool {
        state.withLock {
            $0.admission.begin(isWait: isWait, of: identity, isService: isService)
        }
    }

    func end(isWait: Bool, of identity: String) {
        state.withLock { $0.admission.end(isWait: isWait, of: identity) }
    }

    private func host(of channel: any Channel) -> String {
        channel.peer.lastIndex(of: ":").map { String(channel.peer[..<$0]) } ?? channel.peer
    }

    /// One tick a second serves the clocks of all connections.
    private func tickEverySecond() {
        let timer = world.scheduler.schedule(afterMs: 1_000) { [weak self] in
            guard let self else { return }
            for connection in state.withLock({ sorted($0.connections) }) { connection.tick() }
            tickEverySecond()
        }
        state.withLock { $0.ticker = timer }
    }

    /// In an order that repeats: a dictionary's does not.
    private func sorted(_ connections: [UInt64: ServerConnection]) -> [ServerConnection] {
        connections.sorted { $0.key < $1.key }.map(\.value)
    }
}

/// The handler of a connection that was turned away.
private final class Unwanted: ChannelHandler {
    func channelReceived(_ bytes: UnsafeRawBufferPointer) {}
    func channelDrained() {}
    func channelClosed(_ reason: NetError?) {}
}
