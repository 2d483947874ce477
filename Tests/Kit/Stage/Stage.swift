import Contracts
import FoundationEssentials
public import Lifecycle
public import Net
import Publishing
public import RPC
public import Storage
public import Support
import Synchronization

/// Where all three services play in one process and one seeded world, talking the protocol over
/// channels in memory: who may call, under which secrets, at which addresses.
public final class Stage: SuiteOfThree {
    /// Another instance of Orders on the same database, if somebody starts it.
    public static let secondOrders = "orders-2"
    public static let ticketKey = [UInt8](repeating: 3, count: 32)
    public static let webhookSecret = [UInt8](repeating: 9, count: 32)
    private static let ports: [String: UInt16] = [
        "inventory": 7101, "orders": 7102, "payments": 7103, secondOrders: 7104,
    ]
    private static let secret = [UInt8](repeating: 7, count: 32)
    private static let kinds = ["user", "guest", "staff"]
    private static let credentials = Credentials(identities: [
        "gateway": .init(secrets: [secret], roles: [.gateway], actorKinds: kinds),
        "strict": .init(
            secrets: [secret], roles: [.gateway], actorKinds: kinds, requiresActor: true),
        "operator": .init(secrets: [secret], roles: [.operator, .eventManager]),
        "inventory": .init(secrets: [secret], roles: [.inventory]),
        "orders": .init(secrets: [secret], roles: [.orders], actorKinds: kinds),
        "payments": .init(secrets: [secret], roles: [.payments]),
    ])

    public let test: TestWorld
    public let network: MemoryNetwork
    private let callers = Mutex<[String: Client]>([:])

    public init(_ test: TestWorld) {
        self.test = test
        network = MemoryNetwork(scheduler: test.scheduler)
    }

    private static func address(of instance: String) -> Address {
        Address(host: "127.0.0.1", port: ports[instance] ?? 0)
    }

    private static func service(of instance: String) -> String {
        instance == secondOrders ? "orders" : instance
    }

    /// A client of its own; `network` and `world` are those of the process which it belongs to.
    public func client(
        _ identity: String, to instance: String, on network: (any Network)? = nil,
        _ world: World? = nil
    ) -> Client {
        Client(
            to: Self.service(of: instance), at: Self.address(of: instance),
            on: network ?? self.network,
            as: Credential(identity: identity, secret: Self.secret), world: world ?? test.world)
    }

    /// The one client of those who are no service.
    public func caller(_ identity: String, to service: String) -> any Caller {
        callers.withLock { callers in
            if let known = callers[identity + service] { return known }
            let client = client(identity, to: service)
            callers[identity + service] = client
            return client
        }
    }

    /// Answers calls at the address of an instance.
    public func listen(
        _ instance: String, _ router: Router, _ database: Database,
        on network: (any Network)? = nil, _ world: World? = nil
    ) async throws -> Server {
        let server = Server(
            .init(service: Self.service(of: instance), store: { database.mark }), router: router,
            credentials: Self.credentials, world: world ?? test.world)
        _ = try await server.start(
            at: Self.address(of: instance), on: network ?? self.network)
        return server
    }
}
