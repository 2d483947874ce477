public import Lifecycle
internal import Net
public import RPC

/// What one service brings to its executable; everything else is the same for all three.
public struct Program: Sendable {
    /// `inventory`, `orders` or `payments`: the name of the executable, the identity that it
    /// proves to its peers, and the part of its methods' names before the dot.
    public let name: String
    public let summary: String
    public let port: UInt16
    public let methods: [AnyMethod]
    /// The services that it calls.
    public let peers: [String]
    /// What this service alone can be told.
    let settings: [Setting]
    /// Stands below the list of methods, for those who are new to them.
    let guide: String
    let migrate: Migration
    let open: @Sendable (Setup) async throws -> Parts

    /// Moves every store of the service from where one setting of its database says to where the
    /// other does, and tells each table and its rows; false when they were moved before.
    public typealias Migration =
        @Sendable (
            _ source: String, _ target: String, _ world: World, _ tell: (String, Int64) -> Void
        ) throws -> Bool

    public init(
        _ name: String, _ summary: String, port: UInt16, methods: [AnyMethod],
        migrate: @escaping Migration, peers: [String] = [], settings: [Setting] = [],
        guide: String = "",
        open: @escaping @Sendable (Setup) async throws -> Parts
    ) {
        self.name = name
        self.summary = summary
        self.port = port
        self.methods = methods
        self.peers = peers
        self.settings = settings
        self.guide = guide
        self.migrate = migrate
        self.open = open
    }

    /// One thing that can be set, by a variable or a flag.
    public struct Setting: Sendable {
        public let variable: String
        public let flag: String
        public let note: String

        public init(_ variable: String, _ flag: String, _ note: String) {
            self.variable = variable
            self.flag = flag
            self.note = note
        }
    }

    /// What a service is built from.
    public struct Setup: Sendable {
        public let world: World
        public let configuration: Configuration
        public let shutdown: Shutdown
        let network: any Network

        /// A client of a peer, on a connection of its own.
        public func client(of peer: String) throws -> Client {
            guard let addresses = configuration.peers[peer],
                let credential = configuration.credentials.credential(for: configuration.service)
            else { throw ConfigurationError("there is no address for \(peer)") }
            return Client(to: peer, at: addresses, on: network, as: credential, world: world)
        }

        /// Of the ticket key that new orders get; nil for the highest.
        public var ticketKeyNumber: Int64? { configuration.credentials.ticketKeyNumber }

        /// The keys that make the codes of tickets, by their numbers.
        public func ticketKeys() throws -> [Int64: [UInt8]] {
            guard !configuration.credentials.ticketKeys.isEmpty else {
                throw ConfigurationError(
                    "TURNSTILE_CREDENTIALS has no \"ticketKey\", base64 of 32 random bytes or more")
            }
            return configuration.credentials.ticketKeys
        }

        /// What a provider signs its webhooks with; none when the file names none, and then its
        /// webhooks are refused.
        public func webhookSecrets(of provider: String) -> [[UInt8]] {
            configuration.credentials.webhookSecrets[provider] ?? []
        }
    }

    /// What a service is made of once it is open.
    public struct Parts: Sendable {
        let register: @Sendable (inout Router) -> Void
        let jobs: [any Service]
        let store: @Sendable () -> StoreMark?
        let close: @Sendable () async -> Void

        /// - Parameters:
        ///   - jobs: run beside the server, started before it and stopped after it.
        ///   - store: what the hello says of it.
        ///   - close: the last thing before the process ends.
        public init(
            register: @escaping @Sendable (inout Router) -> Void, jobs: [any Service],
            store: @escaping @Sendable () -> StoreMark?,
            close: @escaping @Sendable () async -> Void
        ) {
            self.register = register
            self.jobs = jobs
            self.store = store
            self.close = close
        }
    }
}
