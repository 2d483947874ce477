internal import CLinux
internal import Dispatch
internal import Glibc
public import Lifecycle
internal import Synchronization

/// TCP on an event loop.
public struct TCPNetwork: Network {
    private let loop: EventLoop
    private let log: Log

    public init(loop: EventLoop, log: Log = .silent) {
        self.loop = loop
        self.log = log
    }

    /// Listens at every address that the host has: `localhost` is two.
    public func listen(
        at address: Address, accept: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Listener {
        let places = try await resolve(address)
        var descriptors: [Int32] = []
        var (port, problem) = (address.port, NetError?.none)
        for place in places {
            do {
                let descriptor = try bind(
                    place.with(port: port), of: address, isOne: places.count == 1)
                descriptors.append(descriptor)
                // What port 0 became for the first, the others take too.
                port = SocketAddress.local(of: descriptor).port
            } catch  where error.code != .addressInUse {
                problem = problem ?? error
            } catch {
                for descriptor in descriptors { Glibc.close(descriptor) }
                throw error
            }
        }
        // A machine may lack one of the families.
        if let problem, descriptors.isEmpty { throw problem }
        let bound = Address(host: address.host, port: port)
        let listeners = descriptors.map {
            TCPListener(descriptor: $0, address: bound, loop: loop, log: log, accept: accept)
        }
        loop.perform { for listener in listeners { listener.open() } }
        return Listeners(address: bound, all: listeners)
    }

    private struct Listeners: Listener {
        let address: Address
        let all: [TCPListener]

        func close() { for listener in all { listener.close() } }
    }

    private func bind(
        _ place: SocketAddress, of address: Address, isOne: Bool
    ) throws(NetError) -> Int32 {
        let descriptor = try Self.open(place)
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size)
        if place.family == AF_INET6, !isOne {
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, size)
        }
        let bound = place.withSockaddr { Glibc.bind(descriptor, $0, $1) }
        guard bound == 0, Glibc.listen(descriptor, 1024) == 0 else {
            let error = NetError("listen on \(address)", errno: errno)
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Tries every address that the host has.
    public func connect(
        to address: Address, handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Channel {
        let places = try await resolve(address)
        return try await ConnectRace(places, of: address, on: loop, handler).result()
    }

    /// No delay, and a peer that is gone for 20 s is found out even while we send.
    static func tune(_ descriptor: Int32) {
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size)
        var userTimeout: Int32 = 20_000
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &userTimeout, size)
    }

    static func open(_ place: SocketAddress) throws(NetError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(place.family, type, 0)
        guard descriptor >= 0 else { throw NetError("socket", errno: errno) }
        return descriptor
    }

    /// Names are looked up off the loop, because the resolver blocks; whoever gives up is not kept.
    private func resolve(_ address: Address) async throws -> [SocketAddress] {
        if let place = SocketAddress(numeric: address) { return [place] }
        let waiter = Once<[SocketAddress]>()
        return try await waiter.value {
            DispatchQueue.global().async {
                waiter.end(with: Result { try SocketAddress.lookUp(address) })
            }
        } onCancel: {
            waiter.end(with: .failure(NetError(.timedOut, "look up \(address.host): gave up")))
        }
    }
}

/// Whoever waits for a value that is given once; what comes later is dropped.
final class Once<Value: Sendable>: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Value, any Error>)
        case ended(Result<Value, any Error>)
    }

    private let state = Mutex(State.idle)

    func value(
        _ begin: () -> Void, onCancel: @escaping @Sendable () -> Void
    ) async throws -> Value {
        begin()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let early: Result<Value, any Error>? = state.withLock {
                    if case .ended(let result) = $0 { return result }
                    $0 = .waiting(continuation)
                    return nil
                }
                if let early { continuation.resume(with: early) }
            }
        } onCancel: {
            onCancel()
        }
    }

    /// False when it had ended before.
    @discardableResult
    func end(with result: Result<Value, any Error>) -> Bool {
        let (isFirst, waiter) = state.withLock {
            state -> (Bool, CheckedContinuation<Value, any Error>?) in
            switch state {
            case .ended: return (false, nil)
            case .idle:
                state = .ended(result)
                return (true, nil)
            case .waiting(let continuation):
                state = .ended(result)
                return (true, continuation)
            }
        }
        waiter?.resume(with: result)
        return isFirst
    }
}
