internal import CLinux
internal import Glibc
internal import Lifecycle
internal import Synchronization

/// A listening socket.
final class TCPListener: Listener, EventSource {
    let descriptor: Int32
    let address: Address
    private let loop: EventLoop
    private let log: Log
    private let accept: @Sendable (any Channel) -> any ChannelHandler
    private let isClosed = Mutex(false)
    /// Only the loop's thread touches it.
    nonisolated(unsafe) private var toldAt: UInt64?

    init(
        descriptor: Int32, address: Address, loop: EventLoop, log: Log,
        accept: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) {
        self.descriptor = descriptor
        self.address = address
        self.loop = loop
        self.log = log
        self.accept = accept
    }

    func open() { loop.add(self, EPOLLIN.rawValue) }

    func close() {
        loop.perform { [self] in
            isClosed.withLock { $0 = true }
            loop.remove(self)
        }
    }

    func ready(_ events: UInt32) {
        // A bounded number a turn, so that a flood of connections leaves room for those we have.
        for _ in 0..<64 {
            let type = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
            let socket = accept4(descriptor, nil, nil, type)
            guard socket >= 0 else {
                if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) { pause(errno) }
                return
            }
            TCPNetwork.tune(socket)
            let peer = SocketAddress.remote(of: socket).description
            let channel = TCPChannel(descriptor: socket, peer: peer, loop: loop)
            channel.open(accept)
        }
    }

    func send() {}

    /// Out of descriptors: the kernel keeps callers in its queue while we breathe. It is told at
    /// once, and again while it lasts, but not ten times a second.
    private func pause(_ code: Int32) {
        let now = loop.uptimeNanoseconds
        if toldAt.map({ now - $0 >= 10_000_000_000 }) ?? true {
            toldAt = now
            log.warning(
                "listener.paused",
                ["address": address.description, "error": String(cString: strerror(code))])
        }
        loop.watch(self, 0)
        _ = loop.schedule(afterMs: 100) { [self] in
            if !isClosed.withLock({ $0 }) { loop.watch(self, EPOLLIN.rawValue) }
        }
    }
}
