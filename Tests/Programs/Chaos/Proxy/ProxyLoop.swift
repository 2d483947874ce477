import CLinux
import Glibc
import Lifecycle
import Support

/// The proxy's thread: accepts, reads, and lets each pipe do what its temper says.
final class ProxyLoop {
    private let proxy: Proxy
    private let random: SeededRandom
    private let toll: Toll
    private let drawing: Proxy.Drawing
    private let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    private let listeners: [Int32: UInt16]
    private var pipes: [Int32: Pipe] = [:]
    /// By time.
    private var timers: [(at: UInt64, action: () -> Void)] = []
    private var buffer = [UInt8](repeating: 0, count: 128 * 1024)
    private var mood = Temper.Mood.calm

    init(
        _ proxy: Proxy, _ listeners: [(descriptor: Int32, target: UInt16)],
        _ random: SeededRandom, _ toll: Toll, _ drawing: @escaping Proxy.Drawing
    ) {
        self.proxy = proxy
        self.random = random
        self.toll = toll
        self.drawing = drawing
        self.listeners = Dictionary(uniqueKeysWithValues: listeners.map { ($0.0, $0.1) })
        for listener in self.listeners.keys { watch(listener, EPOLL_CTL_ADD, EPOLLIN.rawValue) }
    }

    /// Until the proxy is stopped.
    func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while let current = proxy.current {
            change(to: current)
            let count = epoll_wait(epoll, &events, 64, waitMs)
            for event in events.prefix(max(0, Int(count))) { handle(event) }
            let now = SystemClock.uptimeNanoseconds
            while let first = timers.first, first.at <= now {
                timers.removeFirst()
                first.action()
            }
        }
        for pipe in Array(pipes.values) { pipe.end() }
        for listener in listeners.keys { close(listener) }
        close(epoll)
    }

    /// Who was treated roughly may still wait for what was dropped: it begins anew.
    private func change(to current: Temper.Mood) {
        guard current != mood else { return }
        mood = current
        for pipe in Array(pipes.values) { pipe.end() }
    }

    private var waitMs: Int32 {
        guard let first = timers.first else { return 50 }
        let now = SystemClock.uptimeNanoseconds
        return first.at <= now ? 0 : min(50, Int32(clamping: (first.at - now) / 1_000_000 + 1))
    }

    private func handle(_ event: epoll_event) {
        let descriptor = event.data.fd
        if let target = listeners[descriptor] { return accept(descriptor, target) }
        guard let pipe = pipes[descriptor] else { return }
        if event.events & EPOLLOUT.rawValue != 0 { pipe.flush(descriptor) }
        let readable = EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
        guard event.events & readable != 0, pipes[descriptor] != nil else { return }
        let count = read(descriptor, &buffer, buffer.count)
        if count > 0 {
            pipe.received(buffer[..<count], from: descriptor)
        } else if count == 0 || errno != EAGAIN {
            pipe.peerEnded(descriptor)
        }
    }

    private func accept(_ listener: Int32, _ target: UInt16) {
        guard let client = Socket.accept(listener) else { return }
        guard let server = Socket.connect(to: target) else {
            close(client)
            return
        }
        let pipe = Pipe(
            client: client, server: server, temper: drawing(random, mood), random: random,
            toll: toll, loop: self)
        for end in [client, server] {
            pipes[end] = pipe
            watch(end, EPOLL_CTL_ADD, EPOLLIN.rawValue)
        }
    }

    // MARK: What pipes ask for

    func after(ms: UInt64, _ action: @escaping () -> Void) {
        let at = SystemClock.uptimeNanoseconds + ms * 1_000_000
        let place = timers.firstIndex { $0.at > at } ?? timers.endIndex
        timers.insert((at, action), at: place)
    }

    func watch(_ descriptor: Int32, forRoom: Bool) {
        let room = forRoom ? EPOLLOUT.rawValue : 0
        watch(descriptor, EPOLL_CTL_MOD, EPOLLIN.rawValue | room)
    }

    func forget(_ descriptor: Int32) {
        pipes[descriptor] = nil
        close(descriptor)
    }

    private func watch(_ descriptor: Int32, _ operation: Int32, _ events: UInt32) {
        var event = epoll_event()
        event.events = events
        event.data.fd = descriptor
        epoll_ctl(epoll, operation, descriptor, &event)
    }
}
