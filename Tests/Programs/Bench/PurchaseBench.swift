import Contracts
import Lifecycle
import Processes
import RPC

/// Complete, durable purchases, of one hot event and spread over many: reserve, pay, consume and
/// tickets, through the three services as processes on files. The baseline of one purchase at a
/// time is what it cannot do without: its commits one after the other, and its round trips.
enum PurchaseBench {
    /// In a row: Orders two, Inventory two, Payments two, and the provider's own journal.
    private static let serialSyncs = 7.0
    /// The purchase itself, Reserve, CreatePayment, ConsumeHold.
    private static let roundTrips = 4.0
    /// Ticket types to spread purchases over: a thousand.
    private static let (wideEvents, wideTypes) = (10, 100)

    static func figures(runs: Int, seconds: Int?) async throws -> [Figure] {
        let (world, network) = try RPCBench.makeWorld()
        let folder = try WorkFolder(named: "turnstile-bench")
        defer { folder.remove() }
        let suite = try ServiceSuite(in: folder, world: world, on: network)
        defer { suite.killAll() }
        return try await world.scheduler.spawn {
            try await suite.start()
            let shop = try await Shop(suite, world: world)
            defer { shop.close() }
            return try await figures(runs: runs, seconds: seconds ?? 4, shop, folder)
        }.value
    }

    private static func figures(
        runs: Int, seconds: Int, _ shop: Shop, _ folder: WorkFolder
    ) async throws -> [Figure] {
        var (many, spread, one): ([Load], [Load], [Load]) = ([], [], [])
        var waits: [Double] = []
        var memory: [Double] = []
        let baseline = try SerialBaseline(syncs: serialSyncs, roundTrips: roundTrips)
        defer { baseline.stop() }
        let wide = try await shop.programme(events: wideEvents, typesOfEach: wideTypes)
        _ = try await shop.buy(callers: 64, milliseconds: 1_000)
        _ = try await shop.buy(wide, callers: 64, milliseconds: 1_000)
        for _ in 0..<runs {
            waits.append(try baseline.microseconds(in: folder.path))
            one.append(try await shop.buy(callers: 1, milliseconds: 1_000))
            let milliseconds = UInt64(seconds) * 1_000
            many.append(try await shop.buy(callers: 64, milliseconds: milliseconds))
            spread.append(try await shop.buy(wide, callers: 64, milliseconds: milliseconds))
            memory.append(shop.largestMegabytes)
        }
        func lower(_ name: String, _ unit: String, _ values: [Double]) -> Figure {
            Figure(name: name, unit: unit, runs: values, isHigherBetter: false)
        }
        return [
            Figure(name: "purchase.hot.64", unit: "calls/s", runs: many.map(\.rate)),
            lower("purchase.hot.64.p50", "us", many.map(\.latencies.p50Microseconds)),
            lower("purchase.hot.64.p99", "us", many.map(\.latencies.p99Microseconds)),
            lower("purchase.hot.64.cpu", "us a call", many.map(\.processorMicroseconds)),
            lower("purchase.hot.64.syncs", "a call", many.map(\.syncs)),
            lower("purchase.hot.64.statements", "a call", many.map(\.statements)),
            lower("purchase.hot.64.memory", "MiB", memory),
            // What one hot ticket type costs: purchases of a thousand types beside those of one.
            Figure(
                name: "purchase.spread.64", unit: "calls/s", runs: spread.map(\.rate),
                baselines: many.map(\.rate)),
            lower("purchase.spread.64.p50", "us", spread.map(\.latencies.p50Microseconds)),
            lower("purchase.spread.64.p99", "us", spread.map(\.latencies.p99Microseconds)),
            Figure(
                name: "purchase.1.p50", unit: "us", runs: one.map(\.latencies.p50Microseconds),
                baselines: waits, isHigherBetter: false),
            lower("purchase.1.syncs", "a call", one.map(\.syncs)),
            lower("purchase.1.statements", "a call", one.map(\.statements)),
        ]
    }
}
