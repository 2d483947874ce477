import Foundation
import Lifecycle
import Processes

/// Reserves and purchases of one hot ticket type over PostgreSQL. The baseline is the same on the
/// same server the classic way: 32 clients, each with a transaction of its own that locks the row
/// (`PgBench`). Fewer suit it better: what eight do is a figure of its own. deploy/bench starts
/// the server, and says where it is.
enum PostgreSQLBench {
    /// As many at once as fill the batches of four stores, on connections that each carry as many
    /// as one may.
    private static let (reservers, buyers, gateways) = (128, 256, 2)
    private static let (classicMany, classicFew) = (32, 8)

    static func figures(runs: Int, seconds: Int?) async throws -> [Figure] {
        let variables = ProcessInfo.processInfo.environment
        guard let url = variables["TURNSTILE_BENCH_POSTGRESQL"],
            let program = variables["TURNSTILE_BENCH_PGBENCH"]
        else { throw BenchError("deploy/bench starts the server that this section needs") }
        return try await ServiceSuite.run(
            named: "bench", settings: ["TURNSTILE_DATABASE": url]
        ) { suite, folder, world in
            let classic = try PgBench(url: url, program: program, folder: folder)
            let sale = try await Sale(suite, isFenced: false, world: world)
            let shop = try await Shop(suite, gateways: gateways, world: world)
            defer {
                sale.close()
                shop.close()
            }
            return try await figures(runs: runs, seconds: seconds ?? 4, sale, shop, classic)
        }
    }

    private static func figures(
        runs: Int, seconds: Int, _ sale: Sale, _ shop: Shop, _ classic: PgBench
    ) async throws -> [Figure] {
        let milliseconds = UInt64(seconds) * 1_000
        var (reserves, purchases): ([Load], [Load]) = ([], [])
        var (locked, bought): ([Double], [Double]) = ([], [])
        var (lockedByFew, boughtByFew): ([Double], [Double]) = ([], [])
        func rate(_ work: PgBench.Work, _ clients: Int) async throws -> Double {
            try await classic.rate(work, clients: clients, seconds: seconds)
        }
        try await classic.prepare()
        _ = try await sale.reserve(callers: reservers, milliseconds: 1_000)
        _ = try await shop.buy(callers: buyers, milliseconds: 1_000)
        for _ in 0..<runs {
            locked.append(try await rate(.reserve, classicMany))
            lockedByFew.append(try await rate(.reserve, classicFew))
            reserves.append(try await sale.reserve(callers: reservers, milliseconds: milliseconds))
            bought.append(try await rate(.purchase, classicMany))
            boughtByFew.append(try await rate(.purchase, classicFew))
            purchases.append(try await shop.buy(callers: buyers, milliseconds: milliseconds))
        }
        func figures(
            _ name: String, _ loads: [Load], _ classic: [Double], byFew: [Double], _ few: String
        ) -> [Figure] {
            [
                Figure(
                    name: name, unit: "calls/s", runs: loads.map(\.rate), baselines: classic),
                Figure(name: few, unit: "calls/s", runs: byFew),
            ] + loads.latencies(name) + [.lower("\(name).commits", "a call", loads.map(\.syncs))]
        }
        return figures(
            "postgresql.reserve.128", reserves, locked, byFew: lockedByFew,
            "postgresql.reserve.classic.8")
            + figures(
                "postgresql.purchase.256", purchases, bought, byFew: boughtByFew,
                "postgresql.purchase.classic.8")
    }
}
