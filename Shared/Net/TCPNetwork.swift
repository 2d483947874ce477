internal import CLinux
internal import Dispatch
internal import Glibc
internal import Lifecycle
internal import Synchronization

/// TCP on an event loop.
public struct TCPNetwork: Network {
    private let loop: EventLoop

    public init(loop: EventLoop) { self.loop = loop }

    public func listen(
        at address: Address, accept: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Listener {
        let place = try await resolve(address, passive: true)
        let descriptor = try open(place)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        let bound = place.withSockaddr { bind(descriptor, $0, $1) }
        guard bound == 0, Glibc.listen(descriptor, 1024) == 0 else {
            let error = NetError("listen on \(address)", errno: errno)
            Glibc.close(descriptor)
            throw error
        }
        let listener = TCPListener(
            descriptor: descriptor,
            address: Address(host: address.host, port: SocketAddress.local(of: descriptor).port),
            loop: loop, accept: accept)
        loop.perform { listener.open() }
        return listener
    }

    public func connect(
        to address: Address, handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Channel {
        let place = try await resolve(address, passive: false)
        let descriptor = try open(place)
        TCPNetwork.tune(descriptor)
        let result = place.withSockaddr { Glibc.connect(descriptor, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else {
            let error = NetError("connect to \(address)", errno: errno)
            Glibc.close(descriptor)
            throw error
        }
        let attempt = ConnectAttempt(
            descriptor: descriptor, address: address, loop: loop, handler: handler)
        return try await attempt.result()
    }

    /// No delay, and a peer that is gone for 20 s is found out even while we send.
    static func tune(_ descriptor: Int32) {
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size)
        var userTimeout: Int32 = 20_000
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &userTimeout, size)
    }

    private func open(_ place: SocketAddress) throws -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(place.family, type, 0)
        guard descriptor >= 0 else { throw NetError("socket", errno: errno) }
        return descriptor
    }

    /// Names are looked up off the loop: the resolver blocks.
    private func resolve(_ address: Address, passive: Bool) async throws -> SocketAddress {
        if let place = SocketAddress(numeric: address) { return place }
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try SocketAddress.lookUp(address) })
            }
        }
    }
}

/// A connection that is being made.
private final class ConnectAttempt: EventSource {
    let descriptor: Int32
    private let address: Address
    private let loop: EventLoop
    private let handler: @Sendable (any Channel) -> any ChannelHandler
    private let waiter = Mutex(CheckedContinuation<any Channel, any Error>?.none)

    init(
        descriptor: Int32, address: Address, loop: EventLoop,
        handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) {
        self.descriptor = descriptor
        self.address = address
        self.loop = loop
        self.handler = handler
    }

    func result() async throws -> any Channel {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiter.withLock { $0 = continuation }
                loop.perform { [self] in loop.add(self, EPOLLOUT.rawValue) }
                if Task.isCancelled { giveUp() }
            }
        } onCancel: {
            giveUp()
        }
    }

    func ready(_ events: UInt32) {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        guard code == 0 else { return finish(NetError("connect to \(address)", errno: code)) }
        guard let waiter = take() else { return loop.remove(self) }
        let channel = TCPChannel(descriptor: descriptor, peer: address.description, loop: loop)
        channel.open(handler)
        waiter.resume(returning: channel)
    }

    func send() {}

    private func giveUp() {
        loop.perform { [self] in finish(NetError(.timedOut, "connect to \(address): gave up")) }
    }

    private func finish(_ error: any Error) {
        loop.remove(self)
        take()?.resume(throwing: error)
    }

    private func take() -> CheckedContinuation<any Channel, any Error>? {
        waiter.withLock { waiter in
            defer { waiter = nil }
            return waiter
        }
    }
}
