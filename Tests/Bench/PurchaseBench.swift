import Contracts
import Lifecycle
import Processes
import RPC

/// Complete, durable purchases of one hot event: reserve, pay, consume and tickets, through the
/// three services as processes on files. The baseline of one purchase at a time is what it cannot
/// do without: its commits one after the other, and its round trips.
enum PurchaseBench {
    /// In a row: Orders two, Inventory two, Payments two, and the provider's own journal.
    private static let serialSyncs = 7.0
    /// The purchase itself, Reserve, CreatePayment, ConsumeHold.
    private static let roundTrips = 4.0

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
        var (many, one, waits): ([Load], [Load], [Double]) = ([], [], [])
        var memory: [Double] = []
        let echo = try Peer("bare-echo", ["\(RPCBench.requestBytes)", "\(RPCBench.replyBytes)"])
        defer { echo.stop() }
        _ = try await shop.buy(callers: 64, milliseconds: 1_000)
        for _ in 0..<runs {
            let sync = try DiskBaseline.syncs(in: folder.path, milliseconds: 300).p50Microseconds
            let trip = try BareEcho.call(
                port: echo.port, requestBytes: RPCBench.requestBytes,
                replyBytes: RPCBench.replyBytes, inFlight: 1, milliseconds: 200
            ).latencies.p50Microseconds
            waits.append(serialSyncs * sync + roundTrips * trip)
            one.append(try await shop.buy(callers: 1, milliseconds: 1_000))
            many.append(try await shop.buy(callers: 64, milliseconds: UInt64(seconds) * 1_000))
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
            Figure(
                name: "purchase.1.p50", unit: "us", runs: one.map(\.latencies.p50Microseconds),
                baselines: waits, isHigherBetter: false),
            lower("purchase.1.syncs", "a call", one.map(\.syncs)),
            lower("purchase.1.statements", "a call", one.map(\.statements)),
        ]
    }
}
