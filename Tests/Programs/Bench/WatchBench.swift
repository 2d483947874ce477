import Contracts
import FoundationEssentials
import Lifecycle
import Processes
import RPC

/// A thousand who wait for another answer about a concert: how soon they hear of a sale, and what
/// it costs to have them wait.
enum WatchBench {
    private static let watchers = 1_000
    private static let quietSeconds: Int64 = 10

    static func figures(runs: Int) async throws -> [Figure] {
        try await ServiceSuite.run(named: "bench", only: .inventory) { suite, _, world in
            let staff = suite.client(of: .inventory, as: "operator")
            let seller = suite.client(of: .inventory, as: "orders")
            // A client has 128 calls on their way at once, and whoever waits is one of them.
            let gateways = (0..<80).map { _ in suite.client(of: .inventory, as: "gateway") }
            defer { for client in [staff, seller] + gateways { client.close() } }
            guard let process = suite.processID(of: .inventory) else {
                throw BenchError("inventory does not run")
            }
            let concert = try await Programme(
                events: 1, typesOfEach: AvailabilityBench.types, staff, world: world)
            let crowd = Crowd(concert, staff, seller, world)
            var woken: [[UInt64]] = []
            for _ in 0..<runs {
                woken.append(try await crowd.heard(by: watchers, through: Array(gateways[..<8])))
            }
            let quiet = try await crowd.quiet(
                watchers, through: Array(gateways[..<8]), seconds: quietSeconds, process)
            let before = residentBytes(of: process)
            let parked = try await crowd.parked(10 * watchers, through: gateways, process)
            return [
                .lower("watch.1000.p50", "us", woken.map(\.p50Microseconds)),
                .lower("watch.1000.p99", "us", woken.map(\.p99Microseconds)),
                .lower("watch.1000.quiet.statements", "in 10 s", [quiet.statements]),
                .lower("watch.1000.quiet.cpu", "ms in 10 s", [quiet.processor]),
                .lower("watch.10000.memory", "MiB more", [(parked - before) / 1_048_576]),
            ]
        }
    }
}

private struct Crowd: Sendable {
    private let concert: Programme
    private let staff: Client
    private let seller: Client
    private let world: World

    init(_ concert: Programme, _ staff: Client, _ seller: Client, _ world: World) {
        self.concert = concert
        self.staff = staff
        self.seller = seller
        self.world = world
    }

    private var event: UUID { concert.choices[0].eventID }

    /// How long after a reserve was sent each of them heard of it.
    func heard(by count: Int, through gateways: [Client]) async throws -> [UInt64] {
        try await watching(count, through: gateways) {
            let sent = nanoseconds()
            try await sell()
            return sent
        }
    }

    /// What the service does in some seconds in which nothing changes.
    func quiet(
        _ count: Int, through gateways: [Client], seconds: Int64, _ process: Int32
    ) async throws -> (statements: Double, processor: Double) {
        var used = (statements: 0.0, processor: 0.0)
        _ = try await watching(count, through: gateways) {
            // The question itself is one that a service answers from memory.
            let before = (try await statements(), processorNanoseconds(of: process))
            try await world.scheduler.sleep(ms: seconds * 1_000)
            used.processor = Double(processorNanoseconds(of: process) - before.1) / 1e6
            used.statements = Double(try await statements() - before.0)
            let sent = nanoseconds()
            try await sell()
            return sent
        }
        return used
    }

    /// Resident memory while so many wait.
    func parked(_ count: Int, through gateways: [Client], _ process: Int32) async throws -> Double {
        var bytes = 0.0
        _ = try await watching(count, through: gateways) {
            bytes = residentBytes(of: process)
            let sent = nanoseconds()
            try await sell()
            return sent
        }
        return bytes
    }

    /// Has so many wait, does something that tells when the change was sent, and gives how long
    /// each waited from then on.
    private func watching(
        _ count: Int, through gateways: [Client], _ change: () async throws -> UInt64
    ) async throws -> [UInt64] {
        let stamp = try await staff.call(
            InventoryAPI.getAvailability, GetAvailabilityRequest(eventId: event)
        ).stamp
        return try await withThrowingTaskGroup(of: UInt64.self) { group in
            for number in 0..<count {
                let gateway = gateways[number % gateways.count]
                group.addTask {
                    let news = try await gateway.call(
                        InventoryAPI.watchAvailability,
                        WatchAvailabilityRequest(eventId: event, since: stamp))
                    guard news.stamp != stamp else { throw BenchError("heard of nothing") }
                    return nanoseconds()
                }
            }
            // All of them are parked long before.
            try await world.scheduler.sleep(ms: 1_000)
            let sent = try await change()
            return try await group.reduce(into: []) { $0.append($1 - sent) }
        }
    }

    private func sell() async throws {
        _ = try await seller.call(InventoryAPI.reserve, concert.any.reserve(world.newID()))
    }

    private func statements() async throws -> Int64 {
        try await staff.call(InventoryAPI.stats, StatsRequest())
            .counters["storage.statements"] ?? 0
    }
}
