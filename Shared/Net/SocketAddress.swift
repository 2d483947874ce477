internal import Glibc

/// A socket address of the kernel's: IPv4 or IPv6.
struct SocketAddress: CustomStringConvertible {
    private var storage = sockaddr_storage()
    private var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

    var family: Int32 { Int32(storage.ss_family) }

    /// Nil when the host is a name.
    init?(numeric address: Address) {
        var ipv4 = sockaddr_in()
        var ipv6 = sockaddr_in6()
        if inet_pton(AF_INET, address.host, &ipv4.sin_addr) == 1 {
            ipv4.sin_family = sa_family_t(AF_INET)
            ipv4.sin_port = address.port.bigEndian
            self.init(&ipv4, MemoryLayout<sockaddr_in>.size)
        } else if inet_pton(AF_INET6, address.host, &ipv6.sin6_addr) == 1 {
            ipv6.sin6_family = sa_family_t(AF_INET6)
            ipv6.sin6_port = address.port.bigEndian
            self.init(&ipv6, MemoryLayout<sockaddr_in6>.size)
        } else {
            return nil
        }
    }

    private init(_ bytes: UnsafeRawPointer, _ count: Int) {
        length = socklen_t(count)
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: count))
        }
    }

    /// Asks the resolver; blocks. All addresses of a name, in the order in which they are to be
    /// tried (RFC 6724). It is not asked to leave out families that this machine seems not to have
    /// (AI_ADDRCONFIG): that counts no loopback, and whoever tries each needs no guess.
    static func lookUp(_ address: Address) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, String(address.port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        var places: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let place = entry.ai_addr {
                places.append(SocketAddress(place, Int(entry.ai_addrlen)))
            }
            next = entry.ai_next
        }
        guard code == 0, !places.isEmpty else {
            let why = code == 0 ? "no address" : String(cString: gai_strerror(code))
            throw NetError(.unknownHost, "look up \(address.host): \(why)")
        }
        // A hosts file may say the same twice.
        var seen: Set<String> = []
        return places.filter { seen.insert($0.description).inserted }
    }

    /// Whether it never leaves the machine: 127.0.0.0/8, ::1, or the first within IPv6.
    var isLoopback: Bool {
        withUnsafeBytes(of: storage) { bytes in
            if family == AF_INET { return bytes[4] == 127 }
            let ipv6 = Array(bytes[8..<24])
            let ipv4 = [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 127]
            return ipv6 == [UInt8](repeating: 0, count: 15) + [1] || ipv6.starts(with: ipv4)
        }
    }

    /// The same host with another port.
    func with(port: UInt16) -> SocketAddress {
        var other = self
        withUnsafeMutableBytes(of: &other.storage) {
            $0.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
        }
        return other
    }

    static func local(of socket: Int32) -> SocketAddress { read(socket, getsockname) }

    static func remote(of socket: Int32) -> SocketAddress { read(socket, getpeername) }

    private static func read(
        _ socket: Int32,
        _ call: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> SocketAddress {
        var address = SocketAddress()
        withUnsafeMutableBytes(of: &address.storage) { bytes in
            guard let place = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return
            }
            _ = call(socket, place, &address.length)
        }
        return address
    }

    private init() {}

    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    var port: UInt16 {
        withUnsafeBytes(of: storage) {
            // The port follows the family in both kinds of address.
            UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self))
        }
    }

    var host: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let offset = family == AF_INET ? 4 : 8
        withUnsafeBytes(of: storage) { bytes in
            _ = inet_ntop(
                family, bytes.baseAddress?.advanced(by: offset), &text, socklen_t(text.count))
        }
        let end = text.firstIndex(of: 0) ?? text.endIndex
        return String(decoding: text[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    var description: String { Address(host: host, port: port).description }
}
