import Contracts
import FoundationEssentials
import Inventory
import Lifecycle
import Net
import Orders
import Payments
import Publishing
import RPC
import Stage
import Storage
import Support
import Synchronization
import Testing
import Wire

/// All three services in one process and one seeded world, talking the protocol over channels in
/// memory. Orders can die and come back on its database.
final class SuiteRig: Sendable {
    let stage: Stage
    var test: TestWorld { stage.test }
    private let ordersWorld: World
    let ordersDatabase: Database
    let paymentsDatabase: Database
    /// What Orders' sagas see of its peers.
    let inventory: FaultyPeer
    let payments: FaultyPeer
    private struct Running {
        let database: Database
        let router: Router
        var server: Server
        let jobs: [Task<Void, any Error>]
    }

    private let running = Mutex<[String: Running]>([:])
    private let inventoryLocation: DatabaseLocation

    static func run<Value: Sendable>(
        seed: UInt64 = 1, sim: SimConfiguration = SimConfiguration(),
        inventoryAt location: DatabaseLocation = .memory, ordersAheadMs: Int64 = 0,
        _ body: @escaping @Sendable (SuiteRig) async throws -> Value
    ) throws -> Value {
        let test = TestWorld(seed: seed)
        return try test.run {
            let rig = try await SuiteRig(test, sim, location, ordersAheadMs: ordersAheadMs)
            return try await body(rig)
        }
    }

    private init(
        _ test: TestWorld, _ sim: SimConfiguration, _ inventoryLocation: DatabaseLocation,
        ordersAheadMs: Int64
    ) async throws {
        func open(_ migrations: [Migration], in world: World? = nil) async throws -> Database {
            try await Database.open(
                .memory, migrations: migrations, world: world ?? test.world, mode: .inline)
        }
        stage = Stage(test)
        ordersWorld = World(
            scheduler: test.scheduler,
            clock: ShiftedClock(clock: test.clock, aheadMs: ordersAheadMs),
            random: test.world.random, log: test.world.log, metrics: test.world.metrics)
        self.inventoryLocation = inventoryLocation
        ordersDatabase = try await open(OrdersSchema.migrations, in: ordersWorld)
        paymentsDatabase = try await open(PaymentsSchema.migrations)
        let journal = try await open(SimSchema.migrations)
        inventory = FaultyPeer(stage.client("orders", to: "inventory"))
        payments = FaultyPeer(stage.client("orders", to: "payments"))
        let provider = SimProvider(
            world: test.world, journal: journal, configuration: sim,
            webhookSecrets: [Stage.webhookSecret])
        let paymentsService = PaymentsService(
            world: test.world, database: paymentsDatabase, providers: [provider],
            orders: stage.client("payments", to: "orders"))
        try await startInventory()
        let jobs = paymentsService.jobs + provider.jobs(endpoint: paymentsService.ingest)
        try await serve("payments", paymentsDatabase, jobs) {
            paymentsService.register(on: &$0)
        }
        try await startOrders()
    }

    private func serve(
        _ name: String, _ database: Database, _ jobs: [any Service],
        _ register: (inout Router) -> Void
    ) async throws {
        var router = Router(log: test.world.log)
        register(&router)
        let server = try await stage.listen(name, router, database)
        let tasks = jobs.map { job in test.scheduler.spawn { try await job.run() } }
        running.withLock {
            $0[name] = Running(database: database, router: router, server: server, jobs: tasks)
        }
    }

    /// The service lives, but nobody reaches it.
    func cutOff(_ name: String) async { await running.withLock { $0[name]?.server }?.stop() }

    func reconnect(_ name: String) async throws {
        guard let old = running.withLock({ $0[name] }) else { return }
        let server = try await stage.listen(name, old.router, old.database)
        running.withLock { $0[name]?.server = server }
    }

    private func stop(_ name: String) async {
        await cutOff(name)
        let old = running.withLock { $0.removeValue(forKey: name) }
        old?.jobs.forEach { $0.cancel() }
    }

    private func startOrders() async throws {
        let service = try await OrdersService(
            world: ordersWorld, database: ordersDatabase,
            peers: .init(inventory: inventory, payments: payments),
            readers: .init(
                inventory: stage.client("orders", to: "inventory"),
                payments: stage.client("orders", to: "payments")),
            ticketKey: Stage.ticketKey)
        try await serve("orders", ordersDatabase, service.jobs) { service.register(on: &$0) }
    }

    /// Another process on the same database; what the first one was doing is never heard of again.
    func restartOrders() async throws {
        await stop("orders")
        try await startOrders()
    }

    private func startInventory() async throws {
        let database = try await Database.open(
            inventoryLocation, migrations: InventorySchema.migrations, world: test.world,
            mode: .inline)
        let service = InventoryService(world: test.world, database: database)
        try await serve("inventory", database, service.jobs) { service.register(on: &$0) }
    }

    /// Another Inventory; what happens to its file in between is up to `body`.
    func restartInventory(_ body: () throws -> Void = {}) async throws {
        let database = inventoryDatabase
        await stop("inventory")
        await database?.close()
        try body()
        try await startInventory()
    }

    var inventoryDatabase: Database? { running.withLock { $0["inventory"]?.database } }

    // MARK: Callers

    func caller(_ identity: String, to service: String) -> any Caller {
        stage.caller(identity, to: service)
    }

    func pass(ms: Int64) async throws { try await test.scheduler.sleep(ms: ms) }

    /// A published event with one ticket type of so many places.
    func event(
        capacity: Int64 = 10, price: Int64 = 5_000, entitlements: [String] = [],
        openCheckouts: OpenCheckouts? = nil
    ) async throws -> TestEvent {
        try await stage.event(
            capacity: capacity, price: price, entitlements: entitlements,
            openCheckouts: openCheckouts)
    }

    func request(
        _ event: TestEvent, id: UUID? = nil, quantity: Int64 = 2, method: String? = "sim_ok",
        expected: Int64? = nil, owner: String = "ann", waitMs: Int64? = nil
    ) -> PurchaseRequest {
        stage.request(
            event, id: id, quantity: quantity, method: method, expected: expected, owner: owner,
            waitMs: waitMs)
    }

    func purchase(_ request: PurchaseRequest, as buyer: Actor? = nil) async throws -> CheckoutReply
    {
        try await caller("gateway", to: "orders").call(
            OrdersAPI.purchase, request, CallOptions(actor: buyer))
    }

    /// Reserves, on the long way.
    func reserve(
        _ event: TestEvent, id: UUID? = nil, quantity: Int64 = 2, expected: Int64? = nil,
        owner: String = "ann", holdTtlMs: Int64? = nil
    ) async throws -> CheckoutReply {
        try await caller("gateway", to: "orders").call(
            OrdersAPI.createCheckout,
            CreateCheckoutRequest(
                checkoutId: id ?? test.world.newID(), owner: owner,
                contact: Contact(email: "ann@example.org"), eventId: event.id,
                items: [HoldLine(ticketTypeId: event.type, quantity: quantity)],
                expectedTotal: expected.map { Money($0, Stage.euro) }, holdTtlMs: holdTtlMs))
    }

    /// Begins to pay, under a new id unless one is given.
    func pay(
        _ checkout: CheckoutReply, attempt: UUID? = nil, _ method: String? = "sim_ok",
        _ mode: CaptureMode? = nil, provider: String? = "sim", waitMs: Int64? = nil
    ) async throws -> CheckoutReply {
        try await caller("gateway", to: "orders").call(
            OrdersAPI.startPayment,
            StartPaymentRequest(
                checkoutId: checkout.checkoutId, attemptId: attempt ?? test.world.newID(),
                provider: provider, captureMode: mode, paymentMethod: method, waitMs: waitMs))
    }

    func cancel(_ checkout: CheckoutReply, waitMs: Int64? = nil) async throws -> CheckoutReply {
        try await caller("gateway", to: "orders").call(
            OrdersAPI.cancelCheckout,
            CancelCheckoutRequest(
                checkoutId: checkout.checkoutId, reason: "changed my mind", waitMs: waitMs))
    }

    /// The reason that the call was refused for; nil when it was not.
    func refusal(_ call: @Sendable () async throws -> Void) async throws -> String? {
        do {
            try await call()
            return nil
        } catch let error as RPCError where error.isRefusal { return error.reason.name }
    }

    /// The reason of the refusal; nil when the purchase was not refused.
    func refusal(_ request: PurchaseRequest, as buyer: Actor? = nil) async throws -> String? {
        do {
            _ = try await purchase(request, as: buyer)
            return nil
        } catch let error as RPCError where error.isRefusal { return error.reason.name }
    }

    func checkout(_ id: UUID) async throws -> CheckoutReply {
        try await caller("gateway", to: "orders").call(
            OrdersAPI.getCheckout, GetCheckoutRequest(checkoutId: id))
    }

    /// The checkout once it has ended or was parked.
    func end(_ id: UUID, withinMs limit: Int64 = 3_600_000) async throws -> CheckoutReply {
        var checkout = try await checkout(id)
        let deadline = test.clock.now().advanced(byMs: limit)
        while !checkout.state.isTerminal, checkout.state != .parked, test.clock.now() < deadline {
            try await pass(ms: 1_000)
            checkout = try await self.checkout(id)
        }
        return checkout
    }

    func availability(_ event: TestEvent) async throws -> AvailabilityReply {
        try await caller("gateway", to: "inventory").call(
            InventoryAPI.getAvailability, GetAvailabilityRequest(eventId: event.id))
    }

    /// Calls of sagas, or attempts of calls, that ended without an answer.
    var troubles: Int64 {
        test.world.metrics.counters().filter { ["saga.unknown", "rpc.retries"].contains($0.name) }
            .reduce(0) { $0 + $1.value }
    }

    /// Every invariant of all three services, once feeds have been read.
    func expectSound(_ place: SourceLocation = #_sourceLocation) async throws {
        try await pass(ms: 30_000)
        for (service, reply) in try await stage.verify() {
            #expect(reply.violations == [], "\(service)", sourceLocation: place)
            #expect(reply.pending == 0, "\(service)", sourceLocation: place)
        }
    }
}

/// A machine whose clock is set wrong.
private struct ShiftedClock: WallClock {
    let clock: TestClock
    let aheadMs: Int64

    func now() -> Instant { clock.now().advanced(byMs: aheadMs) }
}
