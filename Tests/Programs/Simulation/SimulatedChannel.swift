import Lifecycle
import Net
import Support
import Synchronization

/// One end of a connection. What it writes in one turn leaves together, and arrives in order but
/// for messages that the weather holds back.
final class SimulatedChannel: Channel {
    private struct State {
        var handler: (any ChannelHandler)?
        var other: SimulatedChannel?
        var outgoing: [UInt8] = []
        var isFlushing = false
        var isReading = true
        var isClosing = false
        var isOver = false
        /// When the last of what has left arrives: nothing of the stream is earlier.
        var lastArrival: UInt64 = 0
    }

    let owner: Party
    let peer: String
    private let network: SimulatedNetwork
    private let route: SimulatedNetwork.Route
    private let calls: PendingCalls
    private let state = Mutex(State())

    init(
        _ network: SimulatedNetwork, _ route: SimulatedNetwork.Route, _ owner: Party, peer: String,
        _ calls: PendingCalls
    ) {
        self.network = network
        self.route = route
        self.owner = owner
        self.peer = peer
        self.calls = calls
    }

    var isOver: Bool { state.withLock { $0.isOver } }

    func open(_ handler: any ChannelHandler, to other: SimulatedChannel) {
        state.withLock {
            $0.handler = handler
            $0.other = other
        }
    }

    @discardableResult
    func write(_ append: (inout [UInt8]) throws -> Void) rethrows -> Int {
        let unsent = try state.withLock {
            guard !$0.isOver, !$0.isClosing else { return 0 }
            try append(&$0.outgoing)
            return $0.outgoing.count
        }
        flushSoon()
        return unsent
    }

    func setReading(_ isReading: Bool) { state.withLock { $0.isReading = isReading } }

    func close() {
        state.withLock { $0.isClosing = true }
        flushSoon()
    }

    func abort() { end(nil) }

    /// The network, or the kernel of a dead process, ends the connection.
    func `break`() { end(NetError(.reset, "the connection was reset")) }

    // MARK: Sending

    private func flushSoon() {
        let isNew = state.withLock { state in
            guard !state.isFlushing, !state.isOver else { return false }
            state.isFlushing = true
            return true
        }
        guard isNew else { return }
        _ = owner.process.schedule(afterMs: 0) { [self] in flush() }
    }

    private func flush() {
        let (bytes, isClosing) = state.withLock { state in
            defer { state.outgoing = [] }
            state.isFlushing = false
            return (state.outgoing, state.isClosing)
        }
        guard !isOver else { return }
        if !bytes.isEmpty {
            guard let carried = network.carry(bytes, on: route, calls) else { return self.break() }
            for message in carried { send(message) }
            state.withLock { $0.handler }?.channelDrained()
        }
        if isClosing {
            let (other, at) = arrival(lateMs: 0)
            schedule(at: at) { [self] in
                other?.end(nil)
                end(nil)
            }
        }
    }

    private func send(_ message: SimulatedNetwork.Carried) {
        let bytes = Array(message.bytes)
        guard !message.isOvertaken else {
            let other = state.withLock { $0.other }
            return schedule(at: now + message.lateMs * 1_000_000) { [self] in
                deliver(bytes, to: other)
            }
        }
        let (other, at) = arrival(lateMs: message.lateMs)
        schedule(at: at) { [self] in deliver(bytes, to: other) }
    }

    /// When what leaves now is there, behind all that left before.
    private func arrival(lateMs: UInt64) -> (SimulatedChannel?, UInt64) {
        let latency = (lateMs + network.random.below(3)) * 1_000_000
        return state.withLock { state in
            state.lastArrival = max(state.lastArrival, now + latency)
            return (state.other, state.lastArrival)
        }
    }

    private var now: UInt64 { network.scheduler.uptimeNanoseconds }

    /// What is under way does not need its sender any more.
    private func schedule(at deadline: UInt64, _ action: @escaping @Sendable () -> Void) {
        _ = network.scheduler.schedule(at: deadline, action)
    }

    /// Waits while the way is blocked or the other end does not read.
    private func deliver(_ bytes: [UInt8], to other: SimulatedChannel?) {
        guard let other, !other.isOver else { return }
        guard other.owner.process.isAlive else { return }
        guard !network.isBlocked(route), other.isReading else {
            let again = now + 100_000_000
            state.withLock { $0.lastArrival = max($0.lastArrival, again) }
            return schedule(at: again) { [self] in deliver(bytes, to: other) }
        }
        guard let handler = other.state.withLock({ $0.handler }) else { return }
        bytes.withUnsafeBytes { handler.channelReceived($0) }
    }

    private var isReading: Bool { state.withLock { $0.isReading } }

    // MARK: The end

    /// Ends this side now and the other when the news reaches it.
    private func end(_ error: NetError?) {
        let (handler, other) = state.withLock { state in
            defer {
                state.handler = nil
                state.other = nil
                state.outgoing = []
                state.isOver = true
            }
            return (state.handler, state.other)
        }
        network.ended(calls)
        if let handler {
            _ = owner.process.schedule(afterMs: 0) { handler.channelClosed(error) }
        }
        if let other { tell(other, error) }
    }

    private func tell(_ other: SimulatedChannel, _ error: NetError?) {
        let later = now + (1 + network.random.below(3)) * 1_000_000
        schedule(at: later) { [self] in
            // Behind a partition nobody learns of it.
            if network.isBlocked(route) { return tell(other, error) }
            other.end(error)
        }
    }
}
