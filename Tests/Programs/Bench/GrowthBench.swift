import Contracts
import Lifecycle
import Processes
import RPC

/// What years of sales do to the services: a million holds and 300,000 orders are behind them. The
/// baseline of the rates is what the same services do on fresh stores in the same run.
enum GrowthBench {
    static func figures(runs: Int, seconds: Int?) async throws -> [Figure] {
        let (world, network) = try RPCBench.makeWorld()
        let folders = try (0..<2).map { _ in try WorkFolder(named: "turnstile-bench") }
        defer { for folder in folders { folder.remove() } }
        let fresh = try ServiceSuite(in: folders[0], world: world, on: network)
        defer { fresh.killAll() }
        return try await world.scheduler.spawn {
            try await fresh.start()
            let grown = try ServiceSuite(in: folders[1], world: world, on: network)
            defer { grown.killAll() }
            try await PastSales(suite: grown, folder: folders[1], world: world).make()
            var figures = try await starts(grown)
            let stores = (
                fresh: try await Stores(fresh, world), grown: try await Stores(grown, world)
            )
            defer {
                stores.fresh.close()
                stores.grown.close()
            }
            figures += try await stores.grown.verify(runs: min(runs, 3))
            figures.append(try await stores.grown.waits(runs: min(runs, 3)))
            figures += try await rates(
                runs: runs, seconds: seconds ?? 2, stores.fresh, stores.grown)
            return figures
        }.value
    }

    /// How long each service takes from its start to its first answer, as after a start of the
    /// machine: nothing of its store is in memory.
    private static func starts(_ suite: ServiceSuite) async throws -> [Figure] {
        var figures: [Figure] = []
        for service in ServiceName.allCases {
            let start = nanoseconds()
            try await suite.start(service)
            figures.append(
                Figure(
                    name: "growth.start.\(service)", unit: "s",
                    runs: [Double(nanoseconds() - start) / 1e9], isHigherBetter: false))
        }
        return figures
    }

    private static func rates(
        runs: Int, seconds: Int, _ fresh: Stores, _ grown: Stores
    ) async throws -> [Figure] {
        var (reserved, bought): ([[Load]], [[Load]]) = ([[], []], [[], []])
        for stores in [fresh, grown] {
            _ = try await stores.sale.reserve(callers: 64, milliseconds: 500)
            _ = try await stores.shop.buy(callers: 64, milliseconds: 1_000)
        }
        for run in 0..<runs {
            // Whoever comes second finds the machine as the first left it: they take turns.
            for place in run.isMultiple(of: 2) ? [0, 1] : [1, 0] {
                let stores = place == 0 ? fresh : grown
                let milliseconds = UInt64(seconds) * 1_000
                reserved[place].append(
                    try await stores.sale.reserve(callers: 64, milliseconds: milliseconds))
                bought[place].append(
                    try await stores.shop.buy(callers: 64, milliseconds: milliseconds))
            }
        }
        return [
            Figure(
                name: "growth.reserve.64", unit: "calls/s", runs: reserved[1].map(\.rate),
                baselines: reserved[0].map(\.rate)),
            Figure(
                name: "growth.purchase.64", unit: "calls/s", runs: bought[1].map(\.rate),
                baselines: bought[0].map(\.rate)),
            Figure(
                name: "growth.purchase.64.p99", unit: "us",
                runs: bought[1].map(\.latencies.p99Microseconds),
                baselines: bought[0].map(\.latencies.p99Microseconds), isHigherBetter: false),
        ]
    }
}

/// The three services over one set of stores, with something on sale.
private struct Stores {
    let shop: Shop
    let sale: Sale

    init(_ suite: ServiceSuite, _ world: World) async throws {
        shop = try await Shop(suite, world: world)
        sale = try await Sale(suite, isFenced: false, world: world)
    }

    func close() {
        shop.close()
        sale.close()
    }

    /// How long each service takes to verify itself, and what memory that leaves in use.
    func verify(runs: Int) async throws -> [Figure] {
        var figures: [Figure] = []
        for service in ServiceName.allCases {
            let before = shop.megabytes(of: service)
            var seconds: [Double] = []
            for _ in 0..<runs { seconds.append(try await verify(service)) }
            figures.append(
                Figure(
                    name: "growth.verify.\(service)", unit: "s", runs: seconds,
                    isHigherBetter: false))
            figures.append(
                Figure(
                    name: "growth.verify.\(service).memory", unit: "MiB",
                    runs: [shop.megabytes(of: service)], baselines: [before],
                    isHigherBetter: false))
        }
        return figures
    }

    /// How long a buyer's look at what is left takes while Inventory verifies itself.
    func waits(runs: Int) async throws -> Figure {
        let inventory = try shop.client(.inventory)
        func look() async throws -> UInt64 {
            let start = nanoseconds()
            _ = try await inventory.call(
                InventoryAPI.getAvailability,
                GetAvailabilityRequest(eventId: shop.hot.any.eventID))
            return nanoseconds() - start
        }
        var (during, before): ([Double], [Double]) = ([], [])
        for _ in 0..<runs {
            var alone: [UInt64] = []
            for _ in 0..<200 { alone.append(try await look()) }
            before.append(alone.p99Microseconds)
            async let seconds = verify(.inventory)
            var beside: [UInt64] = []
            // Until well within the time that verifying takes.
            for _ in 0..<200 { beside.append(try await look()) }
            _ = try await seconds
            during.append(beside.p99Microseconds)
        }
        return Figure(
            name: "growth.verify.look.p99", unit: "us", runs: during, baselines: before,
            isHigherBetter: false)
    }

    private func verify(_ service: ServiceName) async throws -> Double {
        let method =
            switch service {
            case .inventory: InventoryAPI.verifyInvariants
            case .orders: OrdersAPI.verifyInvariants
            case .payments: PaymentsAPI.verifyInvariants
            }
        let start = nanoseconds()
        let reply = try await shop.client(service).call(
            method, VerifyRequest(), CallOptions(timeoutMs: 30_000, attempts: 1))
        guard reply.violations.isEmpty else {
            throw BenchError("\(service): \(reply.violations.prefix(3))")
        }
        return Double(nanoseconds() - start) / 1e9
    }
}
