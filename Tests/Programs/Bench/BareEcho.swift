import CLinux
import Glibc
import Lifecycle
import Processes

/// The least a call can cost here: frames of a request's and a reply's size through epoll, with
/// no codec, no tasks, no checks.
enum BareEcho {
    /// A frame as the protocol cuts it: 4 bytes of length, then the bytes.
    private static func frame(_ bytes: Int) -> [UInt8] {
        let length = UInt32(bytes)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
            + [UInt8](repeating: 7, count: bytes)
    }

    // MARK: The server's process

    /// Answers every whole frame with one of `replyBytes`, the answers of a turn in one write.
    static func serve(requestBytes: Int, replyBytes: Int) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: 0)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try check(
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) }
            }, "bind")
        try check(listen(listener, 16), "listen")
        var bound = sockaddr_in()
        var boundLength = length
        _ = withUnsafeMutablePointer(to: &bound) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(listener, $0, &boundLength)
            }
        }
        try WorkerThread.start("echo") { try? echo(listener, requestBytes + 4, frame(replyBytes)) }
        Peer.serve(at: UInt16(bigEndian: bound.sin_port))
    }

    private static func echo(_ listener: Int32, _ frameBytes: Int, _ reply: [UInt8]) throws {
        let epoll = epoll_create1(0)
        watch(epoll, listener)
        var partial: [Int32: Int] = [:]
        var buffer = [UInt8](repeating: 0, count: 256 * 1024)
        var output: [UInt8] = []
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(epoll, &events, 64, -1)
            for event in events.prefix(max(0, Int(count))) {
                let descriptor = event.data.fd
                if descriptor == listener {
                    let accepted = accept4(listener, nil, nil, 0)
                    noDelay(accepted)
                    watch(epoll, accepted)
                    continue
                }
                let size = read(descriptor, &buffer, buffer.count)
                guard size > 0 else {
                    close(descriptor)
                    continue
                }
                // All requests are of one length, so counting bytes counts frames.
                var left = partial[descriptor, default: 0] + size
                output.removeAll(keepingCapacity: true)
                while left >= frameBytes {
                    output.append(contentsOf: reply)
                    left -= frameBytes
                }
                partial[descriptor] = left
                try writeAll(descriptor, output)
            }
        }
    }

    // MARK: The caller

    /// Calls with `inFlight` at once on one connection for some milliseconds; a latency each.
    static func call(
        port: UInt16, requestBytes: Int, replyBytes: Int, inFlight: Int, milliseconds: UInt64
    ) throws -> (callsPerSecond: Double, latencies: [UInt64]) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port: port)
        try check(
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }, "connect")
        noDelay(descriptor)
        let epoll = epoll_create1(0)
        defer { close(epoll) }
        watch(epoll, descriptor)
        let request = frame(requestBytes)
        let replyFrame = replyBytes + 4
        var buffer = [UInt8](repeating: 0, count: 256 * 1024)
        var events = [epoll_event](repeating: epoll_event(), count: 4)
        var output: [UInt8] = []
        for _ in 0..<inFlight { output += request }
        var (left, calls, sent) = (0, 0, nanoseconds())
        var latencies: [UInt64] = []
        let start = nanoseconds()
        try writeAll(descriptor, output)
        while nanoseconds() - start < milliseconds * 1_000_000 {
            _ = epoll_wait(epoll, &events, 4, -1)
            let size = read(descriptor, &buffer, buffer.count)
            guard size > 0 else { throw BenchError("the echo ended") }
            left += size
            output.removeAll(keepingCapacity: true)
            while left >= replyFrame {
                left -= replyFrame
                calls += 1
                output += request
            }
            if inFlight == 1, !output.isEmpty {
                let now = nanoseconds()
                latencies.append(now - sent)
                sent = now
            }
            try writeAll(descriptor, output)
        }
        let seconds = Double(nanoseconds() - start) / 1e9
        return (Double(calls) / seconds, latencies)
    }

    // MARK: Sockets

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func watch(_ epoll: Int32, _ descriptor: Int32) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.fd = descriptor
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }

    private static func noDelay(_ descriptor: Int32) {
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    }

    private static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(
                    descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw BenchError("send failed") }
            sent += count
        }
    }

    private static func check(_ code: Int32, _ call: String) throws {
        guard code == 0 else { throw BenchError("\(call): \(String(cString: strerror(errno)))") }
    }
}
