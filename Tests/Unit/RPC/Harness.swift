import FoundationEssentials
import Lifecycle
import Net
import RPC
import Support
import Synchronization
import Text
import Wire

/// A message with a text and a number.
struct Note: Message, Equatable {
    var text: String
    var number: Int64?
}

extension Note {
    init(_ f: some FieldWalk, _ it: Written<Self>) {
        text = f("text", it, .text(maxBytes: 60_000, .raw)) { $0.text }
        number = f("number", it, .integer(0...1_000)) { $0.number }
    }
}

enum TestAPI {
    static let echo = Method<Note, Note>("test.Echo", .query, callers: [.gateway], .anybody, "")
    static let fail = Method<Note, Note>("test.Fail", .mutation, callers: [.gateway], .anybody, "")
    static let slow = Method<Note, Note>("test.Slow", .mutation, callers: [.gateway], .anybody, "")
    static let wait = Method<Note, Note>("test.Wait", .wait, callers: [.gateway], .anybody, "")
    static let flaky = Method<Note, Note>(
        "test.Flaky", .mutation, callers: [.gateway], .anybody, "")
    /// Both answer a text of so many thousand bytes.
    static let tell = Method<Note, Note>("test.Tell", .query, callers: [.gateway], .anybody, "")
    static let make = Method<Note, Note>("test.Make", .mutation, callers: [.gateway], .anybody, "")
    static let staff = Method<Note, Note>(
        "test.Staff", .query, callers: [.eventManager], .anybody, "")
}

/// A server with the test methods, and clients of it, in one world; on TCP or in memory.
struct Harness {
    let world: World
    let network: any Network
    let server: Server
    let address: Address
    let finished = Counter()
    /// Calls of Flaky that came.
    let asked = Counter()

    static let secret = [UInt8](repeating: 7, count: 32)
    static let credentials = Credentials(identities: [
        "gateway": .init(
            secrets: [secret], roles: [.gateway], mayClaim: [.eventManager],
            actorKinds: ["staff", "user"]),
        "stranger": .init(secrets: [Array(secret.reversed())], roles: []),
    ])

    init(
        world: World, network: any Network, limits: RPCLimits = RPCLimits(), port: UInt16 = 0,
        store: StoreMark? = nil
    ) async throws {
        self.world = world
        self.network = network
        var router = Router(log: world.log)
        let (finished, asked) = (finished, asked)
        router.handle(TestAPI.echo) { request, _ in request }
        router.handle(TestAPI.flaky) { request, _ in
            asked.add()
            guard request.text != "fail" else { throw RPCError(.unavailable, "not now") }
            return request
        }
        router.handle(TestAPI.staff) { request, call in
            Note(text: call.actor?.id ?? "", number: nil)
        }
        router.handle(TestAPI.fail) { request, _ in
            throw RPCError(
                .notFound, request.text, detail: ["kind": .text("note"), "id": .integer(1)])
        }
        for method in [TestAPI.tell, TestAPI.make] {
            router.handle(method) { request, _ in
                finished.add()
                return Note(
                    text: String(repeating: "x", count: Int(request.number ?? 0) * 1_000))
            }
        }
        router.handle(TestAPI.slow) { request, _ in
            try await world.scheduler.sleep(ms: request.number ?? 0)
            finished.add()
            return request
        }
        router.handle(TestAPI.wait) { request, _ in
            try await world.scheduler.sleep(ms: request.number ?? 0)
            return request
        }
        server = Server(
            .init(service: "test", store: { store }), router: router,
            credentials: Self.credentials, world: world, limits: limits)
        address = try await server.start(
            at: Address(host: "127.0.0.1", port: port), on: network)
    }

    func client(
        as identity: String = "gateway", secret: [UInt8] = Harness.secret,
        limits: RPCLimits = RPCLimits()
    ) -> Client {
        Client(
            to: "test", at: address, on: network,
            as: Credential(identity: identity, secret: secret), world: world, limits: limits)
    }
}

final class Counter: Sendable {
    private let value = Mutex(0)
    func add() { value.withLock { $0 += 1 } }
    var count: Int { value.withLock { $0 } }
}

/// Runs a body in virtual time, over channels in memory.
func inVirtualTime(
    _ limits: RPCLimits = RPCLimits(),
    _ body: @escaping @Sendable (Harness, TestWorld) async throws -> Void
) throws {
    let test = TestWorld(seed: 4)
    try test.run {
        let network = MemoryNetwork(scheduler: test.scheduler)
        let harness = try await Harness(world: test.world, network: network, limits: limits)
        try await body(harness, test)
        await harness.server.stop()
    }
}

/// Runs one body in both worlds: virtual time and memory, real loop and TCP.
func inBothWorlds(
    limits: RPCLimits = RPCLimits(), _ body: @escaping @Sendable (Harness) async throws -> Void
) async throws {
    try inVirtualTime(limits) { harness, _ in try await body(harness) }
    let loop = try EventLoop()
    try loop.start(name: "test")
    defer { loop.stop() }
    let world = World(
        scheduler: loop, clock: SystemClock(), random: KernelRandom(), log: .silent,
        metrics: Metrics())
    try await loop.spawn {
        let harness = try await Harness(
            world: world, network: TCPNetwork(loop: loop), limits: limits)
        try await body(harness)
        await harness.server.stop()
    }.value
}
