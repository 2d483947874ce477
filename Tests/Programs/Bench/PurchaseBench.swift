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
        try await ServiceSuite.run(named: "bench") { suite, folder, world in
            let shop = try await Shop(suite, world: world)
            defer { shop.close() }
            return try await figures(runs: runs, seconds: seconds ?? 4, shop, folder)
        }
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
        // What one hot ticket type costs: purchases of a thousand types beside those of one.
        let wideRate = Figure(
            name: "purchase.spread.64", unit: "calls/s", runs: spread.map(\.rate),
            baselines: many.map(\.rate))
        return many.figures("purchase.hot.64")
            + [.lower("purchase.hot.64.memory", "MiB", memory), wideRate]
            + spread.latencies("purchase.spread.64") + one.oneByOne("purchase.1", least: waits)
    }
}
