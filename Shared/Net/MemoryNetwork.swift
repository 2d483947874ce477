public import Lifecycle
internal import Synchronization

/// Channels within one process: the same protocol without sockets. Bytes arrive in order, each
/// delivery a timer of the scheduler, so that a seeded scheduler repeats every history.
public final class MemoryNetwork: Network {
    private struct State {
        var listeners: [Address: @Sendable (any Channel) -> any ChannelHandler] = [:]
        var lastPort: UInt16 = 49_151
        var connections = 0
    }

    private let scheduler: any Scheduler
    private let latencyMs: Int64
    private let state = Mutex(State())

    public init(scheduler: any Scheduler, latencyMs: Int64 = 0) {
        self.scheduler = scheduler
        self.latencyMs = latencyMs
    }

    public func listen(
        at address: Address, accept: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Listener {
        let bound: Address? = state.withLock { state in
            var bound = address
            if bound.port == 0 {
                state.lastPort = state.lastPort == .max ? 49_152 : state.lastPort + 1
                bound = Address(host: address.host, port: state.lastPort)
            }
            guard state.listeners[bound] == nil else { return nil }
            state.listeners[bound] = accept
            return bound
        }
        guard let bound else { throw NetError(.addressInUse, "listen on \(address): in use") }
        return MemoryListener(address: bound) { [self] in
            state.withLock { $0.listeners[bound] = nil }
        }
    }

    public func connect(
        to address: Address, handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Channel {
        let (accept, number) = state.withLock {
            $0.connections += 1
            return ($0.listeners[address], $0.connections)
        }
        guard let accept else { throw NetError(.refused, "connect to \(address): refused") }
        let near = MemoryChannel(peer: address.description, scheduler, latencyMs)
        let far = MemoryChannel(peer: "memory:\(number)", scheduler, latencyMs)
        near.open(handler(near), to: far)
        far.open(accept(far), to: near)
        return near
    }
}

private struct MemoryListener: Listener {
    let address: Address
    let onClose: @Sendable () -> Void

    func close() { onClose() }
}

/// One end of a channel in memory.
final class MemoryChannel: Channel {
    private struct State {
        var handler: (any ChannelHandler)?
        var other: MemoryChannel?
        /// Written here and not yet taken by the other end.
        var outgoing: [UInt8] = []
        var isScheduled = false
        var isReading = true
        var isClosing = false
        var isClosed = false
    }

    let peer: String
    private let scheduler: any Scheduler
    private let latencyMs: Int64
    private let state = Mutex(State())

    init(peer: String, _ scheduler: any Scheduler, _ latencyMs: Int64) {
        self.peer = peer
        self.scheduler = scheduler
        self.latencyMs = latencyMs
    }

    func open(_ handler: any ChannelHandler, to other: MemoryChannel) {
        state.withLock {
            $0.handler = handler
            $0.other = other
        }
    }

    @discardableResult
    func write(_ append: (inout [UInt8]) throws -> Void) rethrows -> Int {
        let unsent = try state.withLock {
            guard !$0.isClosed, !$0.isClosing else { return 0 }
            try append(&$0.outgoing)
            return $0.outgoing.count
        }
        scheduleDelivery()
        return unsent
    }

    func setReading(_ isReading: Bool) {
        let other = state.withLock {
            $0.isReading = isReading
            return $0.other
        }
        if isReading { other?.scheduleDelivery() }
    }

    func close() {
        state.withLock { $0.isClosing = true }
        scheduleDelivery()
    }

    func abort() { end(nil) }

    private func scheduleDelivery() {
        let isNew = state.withLock { state in
            guard !state.isScheduled, !state.isClosed, !state.outgoing.isEmpty || state.isClosing
            else { return false }
            state.isScheduled = true
            return true
        }
        guard isNew else { return }
        _ = scheduler.schedule(afterMs: latencyMs) { [self] in deliver() }
    }

    private func deliver() {
        let (bytes, other, isClosing) = state.withLock { state -> ([UInt8], MemoryChannel?, Bool) in
            state.isScheduled = false
            guard !state.isClosed, let other = state.other, other.isReading
            else { return ([], nil, false) }
            defer { state.outgoing = [] }
            return (state.outgoing, other, state.isClosing)
        }
        guard let other else { return }
        if !bytes.isEmpty {
            other.receive(bytes)
            if !isClosing { state.withLock { $0.handler }?.channelDrained() }
        }
        if isClosing { end(nil) }
    }

    private var isReading: Bool { state.withLock { $0.isReading } }

    private func receive(_ bytes: [UInt8]) {
        guard let handler = state.withLock({ $0.handler }) else { return }
        bytes.withUnsafeBytes { handler.channelReceived($0) }
    }

    /// Ends both sides; each handler hears of it on the scheduler, once.
    private func end(_ error: NetError?) {
        let (handler, other) = state.withLock { state in
            defer {
                state.handler = nil
                state.other = nil
                state.outgoing = []
                state.isClosed = true
            }
            return (state.handler, state.other)
        }
        if let handler { _ = scheduler.schedule(afterMs: 0) { handler.channelClosed(error) } }
        if let other { _ = scheduler.schedule(afterMs: latencyMs) { other.end(error) } }
    }
}
