import Contracts
import Lifecycle
import Processes
import RPC

/// What the services hold on to: whether memory stays flat under a minute of purchases, and what
/// a connection costs that says nothing.
enum MemoryBench {
    private static let callers = 64
    /// Within the limit of one identity.
    private static let connectionsOfOne = 240
    private static let identities = ["orders", "payments", "inventory", "gateway", "operator"]

    static func figures(seconds: Int?) async throws -> [Figure] {
        try await ServiceSuite.run(named: "bench") { suite, _, world in
            let idle = try await idleConnections(of: suite)
            return [idle] + (try await underLoad(suite, world, seconds: seconds ?? 60))
        }
    }

    /// All three services together, after a third of the time and at its end.
    private static func underLoad(
        _ suite: ServiceSuite, _ world: World, seconds: Int
    ) async throws -> [Figure] {
        let shop = try await Shop(suite, world: world)
        defer { shop.close() }
        let third = UInt64(seconds) * 1_000 / 3
        _ = try await shop.buy(callers: callers, milliseconds: third)
        let (early, largest) = (shop.megabytes, shop.largestMegabytes)
        _ = try await shop.buy(callers: callers, milliseconds: 2 * third)
        return [
            Figure(
                name: "memory.purchase", unit: "MiB", runs: [shop.megabytes], baselines: [early],
                isHigherBetter: false),
            Figure(
                name: "memory.purchase.largest", unit: "MiB", runs: [shop.largestMegabytes],
                baselines: [largest], isHigherBetter: false),
        ]
    }

    /// Connections that have proven themselves, made one call each and wait.
    private static func idleConnections(of suite: ServiceSuite) async throws -> Figure {
        guard let inventory = suite.processID(of: .inventory) else {
            throw BenchError("no inventory")
        }
        let before = residentBytes(of: inventory)
        var clients: [Client] = []
        defer { for client in clients { client.close() } }
        for identity in identities {
            for _ in 0..<connectionsOfOne {
                let client = suite.client(of: .inventory, as: identity)
                clients.append(client)
                let call = try? await client.call(InventoryAPI.stats, StatsRequest())
                if call == nil, identity == "operator" { throw BenchError("no connection") }
            }
        }
        let bytes = (residentBytes(of: inventory) - before) / Double(clients.count)
        return Figure(
            name: "memory.idle-connection", unit: "KiB", runs: [bytes / 1_024],
            isHigherBetter: false)
    }
}
