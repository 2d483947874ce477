import Contracts
import FoundationEssentials
import Lifecycle
import Net
import Payments
import RPC
import Storage
import Support
import Synchronization

/// The world of one history: three services on machines of their own, a network between them, and
/// the callers. Everything in it follows from the seed.
final class Town: Sendable {
    static let beginning = Instant(milliseconds: 1_800_000_000_000)
    static let ticketKey = [UInt8](repeating: 3, count: 32)
    static let webhookSecret = [UInt8](repeating: 9, count: 32)
    private static let secret = [UInt8](repeating: 7, count: 32)
    static let credentials = Credentials(identities: [
        "gateway": .init(secrets: [secret], roles: [.gateway], actorKinds: ["user"]),
        "operator": .init(secrets: [secret], roles: [.operator, .eventManager]),
        "inventory": .init(secrets: [secret], roles: [.inventory]),
        "orders": .init(secrets: [secret], roles: [.orders], actorKinds: ["user"]),
        "payments": .init(secrets: [secret], roles: [.payments]),
    ])

    private struct State {
        var nodes: [Node] = []
        var clients: [String: Client] = [:]
        var violations: [String] = []
    }

    let seed: UInt64
    let scheduler: SimulatedScheduler
    let network: SimulatedNetwork
    let weather: Weather
    let sim: SimConfiguration
    /// For everything that callers and chance decide.
    let random: SeededRandom
    let world: World
    private let outside: Party
    /// Hears every line that is logged.
    private let trace: (@Sendable (String) -> Void)?
    private let state = Mutex(State())

    init(seed: UInt64, trace: (@Sendable (String) -> Void)? = nil) {
        self.seed = seed
        self.trace = trace
        random = SeededRandom(seed: seed &* 0x2545_f491_4f6c_dd1d &+ 1)
        scheduler = SimulatedScheduler(random: SeededRandom(seed: seed))
        weather = Weather(random).without(SharedServer.spares)
        network = SimulatedNetwork(scheduler, SeededRandom(seed: seed &+ 0xbeef))
        sim = Self.sim(weather, random, network)
        outside = Party(name: "outside", process: SimulatedProcess(on: scheduler))
        let clock = TestClock(start: Self.beginning, scheduler: scheduler)
        world = World(
            scheduler: outside.process, clock: clock, random: SeededRandom(seed: seed &+ 0xca11),
            log: .silent, metrics: Metrics())
        let nodes = (0..<SharedServer.instances).flatMap { instance in
            Node.Kind.allCases.map { Node($0, instance, in: self) }
        }
        state.withLock { $0.nodes = nodes }
        for node in nodes where weather.happens(.clockSkew, random) {
            network.note(.clockSkew)
            node.clock.jump(byMs: Int64(random.below(600_000)) - 300_000)
        }
    }

    private static func sim(
        _ weather: Weather, _ random: SeededRandom, _ network: SimulatedNetwork
    ) -> SimConfiguration {
        var sim = SimConfiguration(
            seed: random.next(), slowMs: 400, lateMs: Int64(random.below(200_000)),
            actionMs: Int64(random.below(150_000)), replyLimitMs: 500)
        if weather.happens(.provider, random) {
            network.note(.provider)
            sim.declinedBp = random.below(1_000)
            sim.slowBp = random.below(1_000)
            sim.lostReplyBp = random.below(1_000)
            sim.lateBp = random.below(500)
            sim.actionBp = random.below(500)
            sim.unavailableBp = random.below(1_500)
            sim.refundFailedBp = random.below(6_000)
        }
        if random.below(2) == 0 { sim.webhookBp = 1 + random.below(10_000) }
        if weather.happens(.webhook, random) {
            network.note(.webhook)
            sim.webhookLateBp = random.below(6_000)
            sim.webhookTwiceBp = random.below(6_000)
            sim.webhookLateMs = Int64(random.below(30_000))
        }
        return sim
    }

    var nodes: [Node] { state.withLock { $0.nodes } }

    func node(_ kind: Node.Kind) -> Node? { nodes.first { $0.kind == kind } }

    // MARK: What is found

    var violations: [String] { state.withLock { $0.violations } }

    func violation(_ text: String) {
        note("violation: \(text)")
        state.withLock { $0.violations.append(text) }
    }

    func note(_ line: String) {
        network.note(line)
        trace?(line)
    }

    // MARK: Callers

    /// Of every instance, that of the number first.
    func client(
        _ identity: String, _ party: Party, to kind: Node.Kind, _ instance: Int, _ world: World
    ) -> Client {
        let addresses = (0..<SharedServer.instances).map { number in
            Node.address(kind, (instance + number) % SharedServer.instances)
        }
        return Client(
            to: kind.rawValue, at: addresses, on: network.seat(of: party),
            as: Credential(identity: identity, secret: Self.secret), world: world)
    }

    /// From outside, to any instance; each pair keeps its connection.
    func caller(_ identity: String, to kind: Node.Kind) -> Client {
        let instance =
            SharedServer.instances > 1 ? Int(random.below(UInt64(SharedServer.instances))) : 0
        let name = "\(identity) \(kind) \(instance)"
        if let known = state.withLock({ $0.clients[name] }) { return known }
        let client = client(identity, outside, to: kind, instance, world)
        state.withLock { $0.clients[name] = client }
        return client
    }

    func pass(ms: Int64) async throws { try await outside.process.sleep(ms: ms) }

    func pass(upToMs bound: UInt64) async throws { try await pass(ms: Int64(random.below(bound))) }

    /// Asks until there is an answer: a result or a refusal. Nil when the time is over.
    func insist<Request, Reply>(
        _ identity: String, _ kind: Node.Kind, _ method: Method<Request, Reply>, _ request: Request,
        forMs patience: Int64 = 3_600_000, actor: Actor? = nil
    ) async throws -> Result<Reply, RPCError>? {
        let deadline = scheduler.uptimeNanoseconds + UInt64(patience) * 1_000_000
        while scheduler.uptimeNanoseconds < deadline {
            do {
                return .success(
                    try await caller(identity, to: kind).call(
                        method, request,
                        CallOptions(timeoutMs: min(10_000, patience), actor: actor)))
            } catch let error as RPCError where error.isRefusal && !error.isTransient {
                return .failure(error)
            } catch let error as RPCError {
                trace?("insist \(method.name) \(scheduler.uptimeNanoseconds/1_000_000) \(error)")
                try await pass(ms: 200 + Int64(random.below(1_000)))
            }
        }
        return nil
    }
}

extension RPCError {
    /// Refused now for want of room, to be asked again later.
    fileprivate var isTransient: Bool { retryAfterMs != nil }
}
