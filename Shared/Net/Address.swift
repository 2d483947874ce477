/// A host and a port, written `127.0.0.1:7101`, `inventory:7101` or `[::1]:7101`.
public struct Address: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Nil when the text is no host, a colon and a port from 0 to 65535.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: "[]".contains) else { return nil }
        self.init(host: String(host), port: port)
    }

    public static func loopback(port: UInt16 = 0) -> Address {
        Address(host: "127.0.0.1", port: port)
    }

    /// Whether what is said there stays on this machine: a number of loopback, or `localhost`,
    /// which resolvers keep there (RFC 6761). Any other name may be anybody's.
    public var isLoopback: Bool {
        host.lowercased() == "localhost" || SocketAddress(numeric: self)?.isLoopback == true
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
