internal import CLinux
internal import Glibc
internal import Lifecycle

/// A connection that is being made to one of a host's addresses (RFC 8305, "happy eyeballs"): the
/// next is tried as soon as one has failed, or has not answered for a while, and the first that
/// connects wins. All of it happens on the loop's thread.
final class ConnectRace: Sendable {
    private static let patienceMs: Int64 = 250

    private let address: Address
    private let loop: EventLoop
    private let handler: @Sendable (any Channel) -> any ChannelHandler
    private let winner = Once<any Channel>()

    // The loop's thread alone touches these.
    nonisolated(unsafe) private var places: ArraySlice<SocketAddress>
    nonisolated(unsafe) private var attempts: [ConnectAttempt] = []
    nonisolated(unsafe) private var problem: NetError?
    nonisolated(unsafe) private var isOver = false

    init(
        _ places: [SocketAddress], of address: Address, on loop: EventLoop,
        _ handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) {
        self.places = places[...]
        self.address = address
        self.loop = loop
        self.handler = handler
    }

    func result() async throws -> any Channel {
        try await winner.value {
            loop.perform { [self] in tryNext() }
        } onCancel: { [self] in
            loop.perform { [self] in
                end(.failure(NetError(.timedOut, "connect to \(address): gave up")))
            }
        }
    }

    private func tryNext() {
        while !isOver, let place = places.popFirst() {
            do throws(NetError) {
                let attempt = ConnectAttempt(
                    descriptor: try Self.begin(place, address), loop: loop, race: self)
                attempts.append(attempt)
                attempt.open()
            } catch {
                problem = problem ?? error
                continue
            }
            guard !places.isEmpty else { return }
            _ = loop.schedule(afterMs: Self.patienceMs) { [weak self] in self?.tryNext() }
            return
        }
        if !isOver, attempts.isEmpty {
            end(.failure(problem ?? NetError(.unknownHost, "\(address.host) has no address")))
        }
    }

    private static func begin(
        _ place: SocketAddress, _ address: Address
    ) throws(NetError) -> Int32 {
        let descriptor = try TCPNetwork.open(place)
        TCPNetwork.tune(descriptor)
        let result = place.withSockaddr { Glibc.connect(descriptor, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else {
            let error = NetError("connect to \(address)", errno: errno)
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    /// One attempt has come to its end, with 0 or an `errno`.
    fileprivate func ended(_ attempt: ConnectAttempt, _ code: Int32) {
        attempts.removeAll { $0 === attempt }
        guard code == 0, !isOver else {
            loop.remove(attempt)
            problem = problem ?? NetError("connect to \(address)", errno: code)
            return tryNext()
        }
        let channel = TCPChannel(
            descriptor: attempt.descriptor, peer: address.description, loop: loop)
        channel.open(handler)
        end(.success(channel))
    }

    private func end(_ result: Result<any Channel, any Error>) {
        isOver = true
        for attempt in attempts { loop.remove(attempt) }
        attempts = []
        winner.end(with: result)
    }
}

/// A socket that is being connected.
private final class ConnectAttempt: EventSource {
    let descriptor: Int32
    private let loop: EventLoop
    private let race: ConnectRace

    init(descriptor: Int32, loop: EventLoop, race: ConnectRace) {
        self.descriptor = descriptor
        self.loop = loop
        self.race = race
    }

    func open() { loop.add(self, EPOLLOUT.rawValue) }

    func ready(_ events: UInt32) {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        race.ended(self, code)
    }

    func send() {}
}
