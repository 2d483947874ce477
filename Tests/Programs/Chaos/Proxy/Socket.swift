import CLinux
import Glibc
import Processes

/// The few calls that the proxy needs beyond what `Net` does for a service: half an end, and an end
/// by reset.
enum Socket {
    static func listen(on port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, streamType, 0)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        guard withLoopback(port, { bind(descriptor, $0, $1) }) == 0,
            Glibc.listen(descriptor, 256) == 0
        else { throw ProcessError("the proxy cannot listen on port \(port)") }
        return descriptor
    }

    /// Under way, or nil.
    static func connect(to port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, streamType, 0)
        guard descriptor >= 0 else { return nil }
        noDelay(descriptor)
        let result = withLoopback(port) { Glibc.connect(descriptor, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    static func accept(_ listener: Int32) -> Int32? {
        let descriptor = accept4(
            listener, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
        guard descriptor >= 0 else { return nil }
        noDelay(descriptor)
        return descriptor
    }

    /// Says that nothing more comes; the other direction stays open.
    static func halfClose(_ descriptor: Int32) { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next close drops what waits and sends RST.
    static func closeByReset(_ descriptor: Int32) {
        var lingering = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &lingering,
            socklen_t(MemoryLayout<linger>.size))
    }

    private static let streamType = Int32(
        SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)

    private static func noDelay(_ descriptor: Int32) {
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    }

    private static func withLoopback(
        _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
