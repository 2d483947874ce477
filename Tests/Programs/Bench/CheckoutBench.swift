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
        try await ServiceSuite.run(named: "bench") { suite, folder, world in
            let shop = try await Shop(suite, world: world)
            defer { shop.close() }
            return try await figures(runs: runs, seconds: seconds ?? 4, shop, folder)
        }
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
        return many.figures("checkout.64") + one.oneByOne("checkout.1", least: waits)
    }
}
