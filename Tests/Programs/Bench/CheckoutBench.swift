import Lifecycle
import Processes

/// A purchase step by step: CreateCheckout, then StartPayment with a payment that is authorised and
/// captured in two steps, until the buyer has tickets.
enum CheckoutBench {
    /// In a row: Orders five, Inventory four, Payments four, and the provider's own journal two.
    private static let serialSyncs = 15.0
    /// The two calls themselves; Reserve, ExtendHold, BeginCommit, ConsumeHold; CreatePayment,
    /// CapturePayment.
    private static let roundTrips = 8.0

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
        let baseline = try SerialBaseline(syncs: serialSyncs, roundTrips: roundTrips)
        defer { baseline.stop() }
        _ = try await shop.checkOut(callers: 64, milliseconds: 1_000)
        for _ in 0..<runs {
            waits.append(try baseline.microseconds(in: folder.path))
            one.append(try await shop.checkOut(callers: 1, milliseconds: 1_000))
            many.append(
                try await shop.checkOut(callers: 64, milliseconds: UInt64(seconds) * 1_000))
        }
        func lower(_ name: String, _ unit: String, _ values: [Double]) -> Figure {
            Figure(name: name, unit: unit, runs: values, isHigherBetter: false)
        }
        return [
            Figure(name: "checkout.64", unit: "calls/s", runs: many.map(\.rate)),
            lower("checkout.64.p50", "us", many.map(\.latencies.p50Microseconds)),
            lower("checkout.64.p99", "us", many.map(\.latencies.p99Microseconds)),
            lower("checkout.64.cpu", "us a call", many.map(\.processorMicroseconds)),
            lower("checkout.64.syncs", "a call", many.map(\.syncs)),
            lower("checkout.64.statements", "a call", many.map(\.statements)),
            Figure(
                name: "checkout.1.p50", unit: "us", runs: one.map(\.latencies.p50Microseconds),
                baselines: waits, isHigherBetter: false),
            lower("checkout.1.syncs", "a call", one.map(\.syncs)),
            lower("checkout.1.statements", "a call", one.map(\.statements)),
        ]
    }
}
