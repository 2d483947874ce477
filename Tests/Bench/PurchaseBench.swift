import Contracts
import FoundationEssentials
import Glibc
import Lifecycle
import Processes
import RPC

/// Complete, durable purchases of one hot event: reserve, pay, consume and tickets, through the
/// three services as processes on files. The baseline of one purchase at a time is what it cannot
/// do without: its commits one after the other, and its round trips.
enum PurchaseBench {
    /// In a row: Orders three, Inventory two, Payments two, and the provider's own journal.
    private static let serialSyncs = 8.0
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

/// An event on sale, and the connections to its services.
private final class Shop: Sendable {
    private let world: World
    private let gateway: Client
    private let staff: [ServiceName: Client]
    private let processIDs: [ServiceName: Int32]
    private let event: HotEvent

    init(_ suite: ServiceSuite, world: World) async throws {
        self.world = world
        gateway = suite.client(of: .orders, as: "gateway")
        var (staff, processIDs): ([ServiceName: Client], [ServiceName: Int32]) = ([:], [:])
        for service in ServiceName.allCases {
            staff[service] = suite.client(of: service, as: "operator")
            processIDs[service] = suite.processID(of: service)
        }
        self.staff = staff
        self.processIDs = processIDs
        guard let inventory = staff[.inventory] else { throw BenchError("no inventory") }
        event = try await HotEvent(inventory, world: world)
    }

    func close() {
        gateway.close()
        for client in staff.values { client.close() }
    }

    /// Buys two tickets at a time, each caller waiting for its tickets, on one connection.
    func buy(callers: Int, milliseconds: UInt64) async throws -> Load {
        try await Load(callers: callers, milliseconds: milliseconds, costs: costs) { [self] in
            let reply = try await gateway.call(
                OrdersAPI.purchase,
                PurchaseRequest(
                    purchaseId: world.newID(), owner: "user:4711-0815-bench",
                    contact: Contact(email: "bench@example.org"), eventId: event.eventID,
                    items: [HoldLine(ticketTypeId: event.typeID, quantity: 2)], provider: "sim",
                    paymentMethod: "sim_ok"))
            guard reply.state == .completed else { throw BenchError("bought nothing: \(reply)") }
        }
    }

    /// Resident memory of the largest of the three processes.
    var largestMegabytes: Double {
        processIDs.values.map { residentBytes(of: $0) / 1_048_576 }.max() ?? 0
    }

    private func costs() async throws -> Costs {
        var costs = Costs()
        for service in ServiceName.allCases {
            guard let client = staff[service], let processID = processIDs[service] else { continue }
            let method =
                switch service {
                case .inventory: InventoryAPI.stats
                case .orders: OrdersAPI.stats
                case .payments: PaymentsAPI.stats
                }
            let counters = try await client.call(method, StatsRequest()).counters
            costs.processor += processorNanoseconds(of: processID)
            costs.syncs += counters["storage.syncs"] ?? 0
            costs.statements += counters["storage.statements"] ?? 0
        }
        return costs
    }
}

/// Memory of a process that is in use now.
private func residentBytes(of process: Int32) -> Double {
    guard let file = fopen("/proc/\(process)/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    let words = line.split(separator: 32).map { $0.map(UInt8.init(bitPattern:)) }
    guard words.count > 1, let pages = Double(String(decoding: words[1], as: UTF8.self)) else {
        return 0
    }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
}
