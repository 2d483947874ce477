import Contracts
import FoundationEssentials
import Lifecycle
import Processes
import RPC

/// What is on sale, and the connections to the services that sell it.
final class Shop: Sendable {
    private let world: World
    private let gateways: [Client]
    private let staff: [ServiceName: Client]
    private let processIDs: [ServiceName: Int32]
    /// One event with one ticket type.
    let hot: Programme

    /// - Parameter gateways: a connection carries 128 calls at once, so that many callers need
    ///   several.
    init(_ suite: ServiceSuite, gateways: Int = 1, world: World) async throws {
        self.world = world
        self.gateways = (0..<gateways).map { _ in suite.client(of: .orders, as: "gateway") }
        var (staff, processIDs): ([ServiceName: Client], [ServiceName: Int32]) = ([:], [:])
        for service in ServiceName.allCases {
            staff[service] = suite.client(of: service, as: "operator")
            processIDs[service] = suite.processID(of: service)
        }
        self.staff = staff
        self.processIDs = processIDs
        guard let inventory = staff[.inventory] else { throw BenchError("no inventory") }
        hot = try await .hot(inventory, world: world)
    }

    func close() {
        for client in gateways + staff.values { client.close() }
    }

    /// Puts more on sale.
    func programme(events: Int, typesOfEach: Int) async throws -> Programme {
        try await Programme(
            events: events, typesOfEach: typesOfEach, client(.inventory), world: world)
    }

    /// Buys two tickets at a time, each caller waiting for its tickets.
    func buy(
        _ programme: Programme? = nil, callers: Int, milliseconds: UInt64
    ) async throws -> Load {
        let programme = programme ?? hot
        return try await Load(callers: callers, milliseconds: milliseconds, costs: costs) {
            [self] caller in
            try await buy(programme.any, owner: "user:4711-0815-bench", as: caller)
        }
    }

    /// The same step by step: first the tickets are reserved, then they are paid for.
    func checkOut(callers: Int, milliseconds: UInt64) async throws -> Load {
        try await Load(callers: callers, milliseconds: milliseconds, costs: costs) {
            [self] caller in
            try await checkOut(hot.any, owner: "user:4711-0815-bench", as: caller)
        }
    }

    /// The short way, once.
    func buy(_ choice: Programme.Choice, owner: String, as caller: Int = 0) async throws {
        let reply = try await gateway(of: caller).call(
            OrdersAPI.purchase, choice.purchase(world.newID(), owner: owner))
        guard reply.state == .completed else { throw BenchError("bought nothing: \(reply)") }
    }

    /// One purchase step by step.
    func checkOut(_ choice: Programme.Choice, owner: String, as caller: Int = 0) async throws {
        let gateway = gateway(of: caller)
        let checkout = world.newID()
        let reserved = try await gateway.call(
            OrdersAPI.createCheckout,
            CreateCheckoutRequest(
                checkoutId: checkout, owner: owner,
                contact: Contact(email: "bench@example.org"), eventId: choice.eventID,
                items: [HoldLine(ticketTypeId: choice.typeID, quantity: 2)]))
        guard reserved.state == .reserved else {
            throw BenchError("reserved nothing: \(reserved)")
        }
        let paid = try await gateway.call(
            OrdersAPI.startPayment,
            StartPaymentRequest(
                checkoutId: checkout, attemptId: world.newID(), provider: "sim",
                captureMode: .authCapture, paymentMethod: "sim_ok"))
        guard paid.state == .completed else { throw BenchError("paid for nothing: \(paid)") }
    }

    private func gateway(of caller: Int) -> Client { gateways[caller % gateways.count] }

    /// A connection of an operator.
    func client(_ service: ServiceName) throws -> Client {
        guard let client = staff[service] else { throw BenchError("no \(service)") }
        return client
    }

    /// Resident memory of one process.
    func megabytes(of service: ServiceName) -> Double {
        processIDs[service].map { residentBytes(of: $0) / 1_048_576 } ?? 0
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
