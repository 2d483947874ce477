import Lifecycle
import Net
import Support
import Synchronization
import Wire

/// Somebody on the network: a service's process, or the world of its callers.
struct Party: Sendable {
    let name: String
    let process: SimulatedProcess
}

/// The network between processes: bytes take their time, connections break, and single messages
/// get lost, doubled or overtaken, as the weather is.
final class SimulatedNetwork: Sendable {
    struct Route: Hashable {
        let from: String
        let to: String
    }

    private struct State {
        var weather = Weather.calm
        var blocked: Set<Route> = []
        var listeners: [Address: (party: Party, accept: Accept)] = [:]
        var channels: [SimulatedChannel] = []
        /// Made so far: they are told apart by their number, as by a port.
        var connections = 0
        var toll = Toll()
        var fingerprint = Fingerprint()
        /// Requests sent, by method.
        var calls: [String: Int] = [:]
    }

    /// Hears which way everything goes that is sent. A bare function in a lock would be wrapped
    /// once more by each access.
    private struct Ear {
        var hear: @Sendable (Route) -> Void = { _ in }
    }

    typealias Accept = @Sendable (any Channel) -> any ChannelHandler

    let scheduler: SimulatedScheduler
    let random: SeededRandom
    private let state = Mutex(State())
    private let ear = Mutex(Ear())

    init(_ scheduler: SimulatedScheduler, _ random: SeededRandom) {
        self.scheduler = scheduler
        self.random = random
    }

    /// The network as a party has it.
    func seat(of party: Party) -> any Network { Seat(party: party, network: self) }

    var toll: Toll { state.withLock { $0.toll } }
    var fingerprint: UInt64 { state.withLock { $0.fingerprint.value } }
    var calls: [String: Int] { state.withLock { $0.calls } }

    func note(_ kind: Weather.Kind) { state.withLock { $0.toll.add(kind) } }

    func note(_ line: String) { state.withLock { $0.fingerprint.add(line.utf8) } }

    var isCalm: Bool { state.withLock { $0.weather.isCalm } }

    func set(_ weather: Weather) { state.withLock { $0.weather = weather } }

    /// Nothing gets from one to the other, though neither is told.
    func block(_ route: Route) { state.withLock { _ = $0.blocked.insert(route) } }

    func unblock(_ route: Route) { state.withLock { _ = $0.blocked.remove(route) } }

    func heal() { state.withLock { $0.blocked = [] } }

    func isBlocked(_ route: Route) -> Bool { state.withLock { $0.blocked.contains(route) } }

    // MARK: Connections

    fileprivate func listen(
        at address: Address, _ party: Party, _ accept: @escaping Accept
    ) throws -> any Listener {
        try state.withLock { state in
            if let other = state.listeners[address], other.party.process.isAlive {
                throw NetError(.addressInUse, "listen on \(address): in use")
            }
            state.listeners[address] = (party, accept)
        }
        party.process.whenDead { [weak self] in self?.died(party) }
        return SimulatedListener(address: address) { [weak self] in
            self?.state.withLock { $0.listeners[address] = nil }
        }
    }

    fileprivate func connect(
        from party: Party, to address: Address, _ handler: @escaping Accept
    ) async throws -> any Channel {
        // A packet there and one back.
        try await party.process.sleep(ms: Int64(random.below(3)))
        guard let target = state.withLock({ $0.listeners[address] }), target.party.process.isAlive
        else { throw NetError(.refused, "connect to \(address): refused") }
        let there = Route(from: party.name, to: target.party.name)
        let back = Route(from: there.to, to: there.from)
        if isBlocked(there) || isBlocked(back) {
            try await party.process.sleep(ms: 3_000)
            throw NetError(.timedOut, "connect to \(address): timed out")
        }
        let calls = PendingCalls()
        let near = SimulatedChannel(self, there, party, peer: "\(address)", calls)
        let number = state.withLock { state in
            state.connections += 1
            return state.connections
        }
        let far = SimulatedChannel(self, back, target.party, peer: "\(party.name):\(number)", calls)
        near.open(handler(near), to: far)
        far.open(target.accept(far), to: near)
        state.withLock { state in
            state.channels.removeAll { $0.isOver }
            state.channels += [near, far]
        }
        return near
    }

    /// The kernel resets what a dead process had open.
    private func died(_ party: Party) {
        let channels = state.withLock { $0.channels }
        for channel in channels where channel.owner.process === party.process { channel.break() }
    }

    // MARK: Messages

    /// A message under way.
    struct Carried {
        let bytes: ArraySlice<UInt8>
        var lateMs: UInt64 = 0
        /// What comes behind it does not wait.
        var isOvertaken = false
    }

    /// Whether the weather of now does this.
    func strikes(_ kind: Weather.Kind) -> Bool {
        state.withLock { state in
            guard state.weather.happens(kind, random) else { return false }
            state.toll.add(kind)
            return true
        }
    }

    func whenSent(_ action: @escaping @Sendable (Route) -> Void) {
        ear.withLock { $0.hear = action }
    }

    /// What becomes of whole frames that leave together; nil when the connection is cut.
    func carry(_ bytes: [UInt8], on route: Route, _ calls: PendingCalls) -> [Carried]? {
        ear.withLock { $0 }.hear(route)
        return sort(bytes, calls)
    }

    private func sort(_ bytes: [UInt8], _ calls: PendingCalls) -> [Carried]? {
        state.withLock { state in
            state.fingerprint.add(scheduler.uptimeNanoseconds)
            state.fingerprint.add(bytes)
            var carried: [Carried] = []
            for frame in Self.frames(in: bytes) {
                let call = calls.pass(frame)
                if let method = call?.method {
                    if !state.weather.isCalm { state.toll.calls += 1 }
                    state.calls[method, default: 0] += 1
                }
                let fault = Self.fault(state.weather, random)
                if let call, calls.isMet(call.id, by: fault, isAnswer: call.method == nil) {
                    state.toll.callsMet += 1
                }
                guard let fault else {
                    carried.append(Carried(bytes: frame))
                    continue
                }
                state.toll.add(fault)
                switch fault {
                case .frameLost: break
                case .frameDoubled: carried += [Carried(bytes: frame), Carried(bytes: frame)]
                case .frameHeld:
                    // Some for longer than anybody waits for an answer.
                    let most: UInt64 = random.below(2) == 0 ? 30_000 : 4_000
                    carried.append(
                        Carried(bytes: frame, lateMs: random.below(most), isOvertaken: true))
                case .linkSlow: carried.append(Carried(bytes: frame, lateMs: random.below(6_000)))
                default: return nil
                }
            }
            return carried
        }
    }

    /// A connection ended with calls that have no answer.
    func ended(_ calls: PendingCalls) {
        let count = calls.end()
        state.withLock { $0.toll.callsMet += count }
    }

    private static let kinds: [Weather.Kind] = [
        .frameLost, .frameDoubled, .frameHeld, .linkSlow, .linkCut,
    ]

    private static func fault(_ weather: Weather, _ random: SeededRandom) -> Weather.Kind? {
        kinds.first { weather.happens($0, random) }
    }

    /// Each with its length before it.
    private static func frames(in bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var frames: [ArraySlice<UInt8>] = []
        var start = 0
        while start + 4 <= bytes.count {
            let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            let end = min(bytes.count, start + 4 + length)
            frames.append(bytes[start..<end])
            start = end
        }
        return frames
    }
}

/// The calls of one connection that have no answer yet, as the network sees them go by.
final class PendingCalls: Sendable {
    /// By id: whether something has happened to the call.
    private let calls = Mutex([Int64: Bool]())

    /// A request or an answer; the method of a request. Nil for what is neither.
    func pass(_ frame: ArraySlice<UInt8>) -> (id: Int64, method: String?)? {
        var reader = CBORReader(frame.dropFirst(4))
        guard let count = try? reader.readArrayHeader(), let kind = try? reader.readInteger(),
            let id = try? reader.readInteger()
        else { return nil }
        switch (kind, count) {
        case (1, 5):
            guard let method = try? reader.readText() else { return nil }
            calls.withLock { $0[id] = false }
            return (id, method)
        case (2, 4): return (id, nil)
        default: return nil
        }
    }

    /// True the first time that something happens to a call; its answer ends it.
    func isMet(_ id: Int64, by fault: Weather.Kind?, isAnswer: Bool) -> Bool {
        calls.withLock { calls in
            let isFirst = fault != nil && calls[id] == false
            if isAnswer { calls[id] = nil } else if isFirst { calls[id] = true }
            return isFirst
        }
    }

    /// How many calls ended with the connection and had not met anything before.
    func end() -> Int {
        calls.withLock { calls in
            defer { calls = [:] }
            return calls.values.count { !$0 }
        }
    }
}

private struct Seat: Network {
    let party: Party
    let network: SimulatedNetwork

    func listen(
        at address: Address, accept: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Listener {
        try network.listen(at: address, party, accept)
    }

    func connect(
        to address: Address, handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Channel {
        try await network.connect(from: party, to: address, handler)
    }
}

private struct SimulatedListener: Listener {
    let address: Address
    let onClose: @Sendable () -> Void

    func close() { onClose() }
}
