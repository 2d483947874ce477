internal import CLinux
internal import Glibc
internal import Synchronization

/// A connected, non-blocking TCP socket on an event loop.
final class TCPChannel: Channel, EventSource {
    /// Bytes on their way out, and what the socket is watched for.
    private struct State {
        var outgoing: [UInt8] = []
        /// How many of `outgoing` the kernel has taken.
        var sent = 0
        var isQueued = false
        var isBlocked = false
        var isReading = true
        var isClosing = false
        var isClosed = false

        var events: UInt32 {
            (isReading && !isClosing ? EPOLLIN.rawValue : 0)
                | (isBlocked ? EPOLLOUT.rawValue : 0)
        }

        /// Forgets what was sent once that is most of the buffer.
        mutating func compact() {
            guard sent > outgoing.count / 2 else { return }
            outgoing.removeFirst(sent)
            sent = 0
        }

        /// Everything is sent: a buffer of ordinary size is kept for the next turn.
        mutating func clear() {
            sent = 0
            if outgoing.capacity <= 64 * 1024 {
                outgoing.removeAll(keepingCapacity: true)
            } else {
                outgoing = []
            }
        }
    }

    let descriptor: Int32
    let peer: String
    private let loop: EventLoop
    private let state = Mutex(State())
    private let handler = Mutex((any ChannelHandler)?.none)

    init(descriptor: Int32, peer: String, loop: EventLoop) {
        self.descriptor = descriptor
        self.peer = peer
        self.loop = loop
    }

    /// Begins to read and asks for the handler; on the loop's thread. The socket is watched first,
    /// because whoever makes the handler may close the channel then and there.
    func open(_ makeHandler: (any Channel) -> any ChannelHandler) {
        loop.add(self, EPOLLIN.rawValue)
        let made = makeHandler(self)
        if state.withLock({ $0.isClosed }) { return made.channelClosed(nil) }
        handler.withLock { $0 = made }
    }

    @discardableResult
    func write(_ append: (inout [UInt8]) throws -> Void) rethrows -> Int {
        let (mustQueue, unsent) = try state.withLock { state in
            guard !state.isClosed, !state.isClosing else { return (false, 0) }
            try append(&state.outgoing)
            let unsent = state.outgoing.count - state.sent
            guard !state.isQueued, !state.isBlocked, unsent > 0 else { return (false, unsent) }
            state.isQueued = true
            return (true, unsent)
        }
        if mustQueue { loop.perform { [self] in loop.willSend(self) } }
        return unsent
    }

    func setReading(_ isReading: Bool) {
        loop.perform { [self] in
            let events: UInt32? = state.withLock {
                guard !$0.isClosed, $0.isReading != isReading else { return nil }
                $0.isReading = isReading
                return $0.events
            }
            if let events { loop.watch(self, events) }
        }
    }

    func close() {
        loop.perform { [self] in
            let (isEmpty, events) = state.withLock {
                $0.isClosing = true
                return ($0.outgoing.isEmpty, $0.isBlocked ? $0.events : nil)
            }
            if isEmpty { return end(nil) }
            // What still comes must not wake the loop, nor end what waits to be sent.
            if let events { loop.watch(self, events) } else { send() }
        }
    }

    func abort() {
        loop.perform { [self] in end(nil) }
    }

    // MARK: On the loop's thread

    func ready(_ events: UInt32) {
        if events & (EPOLLOUT.rawValue) != 0 { send() }
        if events & (EPOLLIN.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { receive() }
    }

    private func receive() {
        guard state.withLock({ $0.isReading && !$0.isClosed && !$0.isClosing }) else {
            return checkForError()
        }
        let count = Glibc.read(descriptor, loop.readBuffer.baseAddress, loop.readBuffer.count)
        if count > 0 {
            handler.withLock { $0 }?.channelReceived(
                UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count]))
        } else if count == 0 {
            end(nil)
        } else if errno != EAGAIN, errno != EINTR {
            end(NetError("read", errno: errno))
        }
    }

    /// A socket that is not read still tells of its death, and would wake the loop for ever.
    private func checkForError() {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        end(code == 0 ? nil : NetError("socket", errno: code))
    }

    func send() {
        enum Next { case nothing, drained, close, fail(NetError), watch(UInt32) }
        let next: Next = state.withLock { state in
            state.isQueued = false
            guard !state.isClosed else { return .nothing }
            while state.sent < state.outgoing.count {
                let count = state.outgoing.withUnsafeBytes {
                    Glibc.send(
                        descriptor, $0.baseAddress?.advanced(by: state.sent), $0.count - state.sent,
                        Int32(MSG_NOSIGNAL))
                }
                if count > 0 {
                    state.sent += count
                } else if errno == EAGAIN {
                    state.compact()
                    guard !state.isBlocked else { return .nothing }
                    state.isBlocked = true
                    return .watch(state.events)
                } else if errno != EINTR {
                    return .fail(NetError("send", errno: errno))
                }
            }
            state.clear()
            if state.isClosing { return .close }
            guard state.isBlocked else { return state.isReading ? .nothing : .drained }
            state.isBlocked = false
            return .watch(state.events)
        }
        switch next {
        case .nothing: break
        case .drained: handler.withLock { $0 }?.channelDrained()
        case .close: end(nil)
        case .fail(let error): end(error)
        case .watch(let events):
            loop.watch(self, events)
            if events & EPOLLOUT.rawValue == 0 { handler.withLock { $0 }?.channelDrained() }
        }
    }

    private func end(_ error: NetError?) {
        let isFirst = state.withLock { state in
            let wasOpen = !state.isClosed
            state = State()
            state.isClosed = true
            return wasOpen
        }
        guard isFirst else { return }
        loop.remove(self)
        let last = handler.withLock { handler in
            defer { handler = nil }
            return handler
        }
        last?.channelClosed(error)
    }
}
