internal import Glibc
internal import Synchronization

/// Ports of the loopback that nobody listens on.
public enum FreePorts {
    /// Ports below the range from which the kernel takes those of outgoing connections: between a
    /// service's death and its return no client can be given its port.
    private static let range: ClosedRange<UInt16> = 15_000...31_999

    /// Handed out by this process: their services may be dead just now, and will be back. A socket
    /// whose name says the port keeps other processes of tests from it, for as long as this lives.
    private static let taken = Mutex<Set<UInt16>>([])

    public static func find(_ count: Int) throws -> [UInt16] {
        var ports: [UInt16] = []
        for _ in 0..<1_000 where ports.count < count {
            let port = UInt16.random(in: range)
            let isNew = taken.withLock { $0.insert(port).inserted }
            if isNew, isFree(port), claim(port) { ports.append(port) }
        }
        guard ports.count == count else {
            throw ProcessError("found no \(count) free ports in \(range)")
        }
        return ports
    }

    private static func claim(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A name that begins with a zero is in no folder, and goes with its socket.
        let name = [0] + Array("turnstile-port-\(port)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let size = MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + name.count }
        let isOurs = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(size ?? 0)) == 0
            }
        }
        if !isOurs { close(descriptor) }
        return isOurs
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
