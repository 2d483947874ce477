import Contracts
import Glibc
import Lifecycle
import Net
import Processes
import RPC

/// Durable reserves of one hot ticket type: an inventory process on a file, called over TCP. The
/// baseline of the rates is how often the same disk can be waited for, and that of one call at a
/// time is one such wait and one bare echo.
enum ReserveBench {
    static func figures(runs: Int, seconds: Int?) async throws -> [Figure] {
        try await ServiceSuite.run(named: "bench", only: .inventory) { suite, folder, world in
            let sale = try await Sale(suite, world: world)
            defer { sale.close() }
            return try await figures(runs: runs, seconds: seconds ?? 2, sale, folder)
        }
    }

    private static func figures(
        runs: Int, seconds: Int, _ sale: Sale, _ folder: WorkFolder
    ) async throws -> [Figure] {
        var (many, one): ([Load], [Load]) = ([], [])
        var (syncs, echoes): ([[UInt64]], [Double]) = ([], [])
        let echo = try Peer("bare-echo", ["\(RPCBench.requestBytes)", "\(RPCBench.replyBytes)"])
        defer { echo.stop() }
        _ = try await sale.reserve(callers: 64, milliseconds: 500)
        for _ in 0..<runs {
            syncs.append(try DiskBaseline.syncs(in: folder.path, milliseconds: 300))
            echoes.append(
                try BareEcho.call(
                    port: echo.port, requestBytes: RPCBench.requestBytes,
                    replyBytes: RPCBench.replyBytes, inFlight: 1, milliseconds: 200
                ).latencies.p50Microseconds)
            one.append(try await sale.reserve(callers: 1, milliseconds: 500))
            many.append(try await sale.reserve(callers: 64, milliseconds: UInt64(seconds) * 1_000))
        }
        let rates = syncs.map { Double($0.count) / (Double($0.reduce(0, +)) / 1e9) }
        let waits = zip(syncs, echoes).map { $0.p50Microseconds + $1 }
        return many.figures("reserve.hot.64", baselines: rates) + [
            .lower(
                "reserve.1.p50", "us", one.map(\.latencies.p50Microseconds), baselines: waits),
            .lower("reserve.1.p99", "us", one.map(\.latencies.p99Microseconds)),
        ]
    }
}

/// An event on sale, and the connections to its inventory.
final class Sale: Sendable {
    private let world: World
    private let orders: Client
    private let staff: Client
    private let processID: Int32
    private let event: Programme
    private let isFenced: Bool

    /// - Parameter isFenced: for an order, which Orders gives back after a minute when it runs and
    ///   does not know it.
    init(_ suite: ServiceSuite, isFenced: Bool = true, world: World) async throws {
        self.world = world
        self.isFenced = isFenced
        orders = suite.client(of: .inventory, as: "orders")
        staff = suite.client(of: .inventory, as: "operator")
        guard let process = suite.processID(of: .inventory) else {
            throw BenchError("inventory does not run")
        }
        processID = process
        event = try await .hot(staff, world: world)
    }

    func close() {
        orders.close()
        staff.close()
    }

    /// Reserves two tickets at a time, each caller waiting for its answer, on one connection.
    func reserve(callers: Int, milliseconds: UInt64) async throws -> Load {
        try await Load(callers: callers, milliseconds: milliseconds, costs: costs) { [self] _ in
            _ = try await orders.call(
                InventoryAPI.reserve, event.any.reserve(world.newID(), isFenced: isFenced))
        }
    }

    private func costs() async throws -> Costs {
        let counters = try await staff.call(InventoryAPI.stats, StatsRequest()).counters
        return Costs(
            processor: processorNanoseconds(of: processID), syncs: counters["storage.syncs"] ?? 0,
            statements: counters["storage.statements"] ?? 0)
    }
}
