import Contracts
import FoundationEssentials
import Glibc
import Lifecycle
import Processes
import RPC

/// An event on sale, and the connections to its services.
final class Shop: Sendable {
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

    /// Resident memory of all three together.
    var megabytes: Double {
        processIDs.values.reduce(0) { $0 + residentBytes(of: $1) / 1_048_576 }
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
func residentBytes(of process: Int32) -> Double {
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
