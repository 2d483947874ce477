public import Lifecycle
public import Net
internal import Synchronization
internal import Wire

/// The calling side of one service: connects when it is first needed, connects again after a
/// loss, and asks again where that is safe. Of several instances it stays with the one that
/// answered, and goes on to the next when that one is not reached.
///
/// Every mutation carries an identity of its own, so asking again under the same request is safe
/// for each of them; a refusal is never asked again.
public final class Client: Caller {
    private typealias Tell = @Sendable () -> Void

    private enum Link {
        /// Exits: connecting (when somebody calls), closed.
        case idle
        /// One attempt at a time; exits: ready, idle, closed.
        case connecting
        /// Exits: idle (lost, or asked to come anew), closed.
        case ready(ClientConnection)
        case closed
    }

    private struct State {
        var link = Link.idle
        /// The place of the instance that answered last, or is asked next.
        var instance = 0
        /// Rounds over all instances in a row that found none.
        var failures = 0
        var notBefore: UInt64 = 0
        var lastWaiter: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]
        var tells: [Tell] = []
        var memory = StoreMemory()
    }

    /// Calls that wait for a connection at once; one more is refused.
    static let mostWaiters = 10_000

    /// The service that is called: it has to prove that name.
    private let name: String
    private let addresses: [Address]
    private let network: any Network
    private let credential: Credential
    private let world: World
    private let limits: RPCLimits
    private let budget = RetryBudget()
    private let state = Mutex(State())

    public convenience init(
        to name: String, at address: Address, on network: any Network, as credential: Credential,
        world: World, limits: RPCLimits = RPCLimits()
    ) {
        self.init(
            to: name, at: [address], on: network, as: credential, world: world, limits: limits)
    }

    /// A client of several instances, the nearest first.
    public init(
        to name: String, at addresses: [Address], on network: any Network,
        as credential: Credential, world: World, limits: RPCLimits = RPCLimits()
    ) {
        // Whoever reads settings refuses an empty list; a client of nothing is a bug of its owner.
        precondition(!addresses.isEmpty, "its owner names one instance at least")
        self.name = name
        self.addresses = addresses
        self.network = network
        self.credential = credential
        self.world = world
        self.limits = limits
    }

    public func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ options: CallOptions
    ) async throws -> Reply {
        let start = world.scheduler.uptimeNanoseconds
        let allowed = max(1, min(options.timeoutMs, limits.deadlineMs))
        var attempt = 1
        while true {
            let spent = Int64((world.scheduler.uptimeNanoseconds - start) / 1_000_000)
            var options = options
            options.timeoutMs = max(1, allowed - spent)
            do {
                let connection = try await connection(within: options.timeoutMs)
                let reply = try await connection.call(method, request, options)
                budget.succeeded()
                return reply
            } catch let error as RPCError {
                let delay = max(
                    error.retryAfterMs ?? 0,
                    RetryPolicy.call.delayMs(after: Int64(attempt) - 1, world.random))
                let spent = Int64((world.scheduler.uptimeNanoseconds - start) / 1_000_000)
                guard attempt < options.attempts, error.mayBeAskedAgain, spent + delay < allowed,
                    budget.take()
                else { throw error }
                world.metrics.count("rpc.retries")
                try await world.scheduler.sleep(ms: delay)
                attempt += 1
            }
        }
    }

    public func whenConnected(_ tell: @escaping @Sendable () -> Void) {
        state.withLock { $0.tells.append(tell) }
    }

    /// Ends the connection; later calls fail.
    public func close() {
        let (link, waiters) = state.withLock { state in
            defer { state.link = .closed }
            return (state.link, takeWaiters(&state))
        }
        let error = RPCError(.unavailable, "the client is closed", executed: false)
        if case .ready(let connection) = link { connection.end(error) }
        for waiter in waiters { waiter.resume(.failure(error)) }
    }

    // MARK: The connection

    private func connection(within timeoutMs: Int64) async throws -> ClientConnection {
        if case .ready(let connection) = state.withLock({ $0.link }) { return connection }
        return try await withUnsafeThrowingContinuation { continuation in
            enum Next { case resume(ClientConnection), fail, full, wait(UInt64, connect: UInt64?) }
            let next: Next = state.withLock { state in
                switch state.link {
                case .ready(let connection): return .resume(connection)
                case .closed: return .fail
                case .idle, .connecting:
                    guard state.waiters.count < Self.mostWaiters else { return .full }
                    state.lastWaiter += 1
                    state.waiters[state.lastWaiter] = Waiter(continuation: continuation)
                    guard case .idle = state.link else {
                        return .wait(state.lastWaiter, connect: nil)
                    }
                    state.link = .connecting
                    return .wait(state.lastWaiter, connect: state.notBefore)
                }
            }
            switch next {
            case .resume(let connection): continuation.resume(returning: connection)
            case .fail:
                continuation.resume(
                    throwing: RPCError(.unavailable, "the client is closed", executed: false))
            case .full:
                continuation.resume(
                    throwing: RPCError(
                        .overloaded, "\(Self.mostWaiters) calls wait for \(name) already",
                        executed: false))
            case .wait(let waiter, let start):
                setTimer(of: waiter, ms: timeoutMs)
                if let start { connect(at: start) }
            }
        }
    }

    /// The timer goes with the waiter, so that none is left of those who were answered.
    private func setTimer(of waiter: UInt64, ms: Int64) {
        let timer = world.scheduler.schedule(afterMs: ms) { [weak self] in self?.giveUp(waiter) }
        let isWaiting = state.withLock { state in
            state.waiters[waiter]?.timer = timer
            return state.waiters[waiter] != nil
        }
        if !isWaiting { timer.cancel() }
    }

    private func connect(at start: UInt64) {
        _ = world.scheduler.schedule(at: start) { [self] in
            world.scheduler.spawn { [self] in await connect() }
        }
    }

    /// Where somebody wants to know when the service is there again, it is looked for.
    private func lookAgain() {
        let start: UInt64? = state.withLock { state in
            guard case .idle = state.link, !state.tells.isEmpty else { return nil }
            state.link = .connecting
            return state.notBefore
        }
        if let start { connect(at: start) }
    }

    private func giveUp(_ waiter: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume(
            .failure(
                RPCError(
                    .deadlineExceeded, "no connection to \(name) at \(places) in time",
                    executed: false)))
    }

    private var places: String { addresses.map(\.description).joined(separator: ", ") }

    private func connect() async {
        do {
            let connection = try await nextConnection()
            let ready = state.withLock { state -> (waiters: [Waiter], tells: [Tell])? in
                guard case .connecting = state.link else { return nil }
                state.link = .ready(connection)
                state.failures = 0
                return (takeWaiters(&state), state.tells)
            }
            guard let ready else { return connection.end(.notConnected) }
            // One that ended with its hello said so before it was kept here, to nobody.
            if !connection.isReady { retire(connection) }
            for waiter in ready.waiters { waiter.resume(.success(connection)) }
            for tell in ready.tells { tell() }
        } catch {
            let (waiters, failures) = state.withLock { state in
                if case .connecting = state.link { state.link = .idle }
                state.failures += 1
                let delay = RetryPolicy.connect.delayMs(
                    after: Int64(state.failures) - 1, world.random)
                state.notBefore =
                    world.scheduler.uptimeNanoseconds + UInt64(max(0, delay)) * 1_000_000
                return (takeWaiters(&state), state.failures)
            }
            if failures == 1 {
                world.log.warning("peer.unreachable", ["peer": name, "error": "\(error)"])
            }
            let cause = error as? RPCError
            let refusal = RPCError(
                cause?.reason == .unauthenticated ? .unauthenticated : .unavailable,
                "no connection to \(name) at \(places): \(cause?.message ?? "\(error)")",
                executed: false)
            for waiter in waiters { waiter.resume(.failure(refusal)) }
            lookAgain()
        }
    }

    /// To the instance that answered last, or the first of the others that answers.
    private func nextConnection() async throws -> ClientConnection {
        var tried = 1
        while true {
            let instance = state.withLock { $0.instance }
            do { return try await greetedConnection(to: addresses[instance]) } catch {
                state.withLock { $0.instance = (instance + 1) % addresses.count }
                guard tried < addresses.count else { throw error }
                tried += 1
            }
        }
    }

    private func greetedConnection(to address: Address) async throws -> ClientConnection {
        let made = Made()
        let connecting = world.scheduler.spawn { [self] in
            _ = try await network.connect(to: address) { [self] channel in
                let connection = ClientConnection(
                    channel: channel, service: name, credential: credential, world: world,
                    limits: limits
                ) { [weak self] in self?.retire($0) }
                made.connection = connection
                return connection
            }
        }
        // Over all of it: a host that is gone must not keep the next instance waiting.
        let giveUp = world.scheduler.schedule(afterMs: limits.handshakeMs) {
            connecting.cancel()
            made.connection?.end(RPCError(.unavailable, "no hello in time", executed: false))
        }
        defer { giveUp.cancel() }
        try await connecting.value
        guard let connection = made.connection else {
            throw RPCError(.unavailable, "the network made no connection", executed: false)
        }
        try await connection.ready()
        do { try meet(connection.store) } catch {
            connection.end(error)
            throw error
        }
        return connection
    }

    /// Compares what the peer says of its store with what was heard before.
    private func meet(_ mark: StoreMark?) throws(RPCError) {
        guard let mark else { return }
        switch state.withLock({ $0.memory.meet(mark) }) {
        case .fine: break
        case .restored:
            world.metrics.count("peer.restored")
            world.log.error("peer.restored", ["peer": name, "head": mark.head ?? 0])
        case .stale(let epoch):
            world.metrics.count("peer.stale")
            world.log.error("peer.stale", ["peer": name, "epoch": mark.epoch, "seen": epoch])
            throw RPCError(
                .unavailable, "its store has epoch \(mark.epoch), but \(epoch) was seen before",
                executed: false)
        }
    }

    public func expect(_ mark: StoreMark) { state.withLock { $0.memory.expect(mark) } }

    /// A connection that takes no more calls is not handed out any more.
    private func retire(_ connection: ClientConnection) {
        state.withLock {
            if case .ready(let current) = $0.link, current === connection { $0.link = .idle }
        }
        // Not at once: who ends every connection after its hello must not be run into.
        _ = world.scheduler.schedule(afterMs: RetryPolicy.connect.firstMs) { [weak self] in
            self?.lookAgain()
        }
    }

    /// A call that waits for a connection, and the timer that ends its wait.
    private struct Waiter {
        let continuation: UnsafeContinuation<ClientConnection, any Error>
        var timer: ScheduledTimer?

        func resume(_ result: Result<ClientConnection, any Error>) {
            timer?.cancel()
            continuation.resume(with: result)
        }
    }

    /// All who wait for a connection, in the order in which they came.
    private func takeWaiters(_ state: inout State) -> [Waiter] {
        defer { state.waiters = [:] }
        return state.waiters.sorted { $0.key < $1.key }.map(\.value)
    }
}

/// The connection that an attempt has made, for the timer that may have to end it.
private final class Made: Sendable {
    private let value = Mutex(ClientConnection?.none)

    var connection: ClientConnection? {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}

extension RPCError {
    /// Unknown outcomes are asked again, but for those that the caller or its clock brought about.
    var mayBeAskedAgain: Bool {
        outcome == .unknown && reason != .cancelled && reason != .deadlineExceeded
            && reason != .internal && reason != .replyTooLarge
    }
}
