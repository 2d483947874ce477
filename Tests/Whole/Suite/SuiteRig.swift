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
import Stores
import Support
import Synchronization
import Testing
import Wire

/// All three services in one process and one seeded world, talking the protocol over channels in
/// memory. Each can die and come back on its database.
final class SuiteRig: SuiteOfThree {
    let test: TestWorld
    private let stage: Stage
    let ordersDatabase: Database
    let paymentsDatabase: Database
    private let journal: Database
    /// What Orders' sagas see of its peers, and Payments of its provider.
    let inventory = FaultyPeer()
    let payments = FaultyPeer()
    let provider: WatchedProvider
    /// Every call of these, of the buyers and of the feed that Payments reads.
    let crossings: Crossings
    private let ordersClock: ShiftedClock
    private let isShared: Bool
    private let sim: SimConfiguration
    private let callers = Mutex<[String: any Caller]>([:])
    private struct Running {
        let life: ServiceLife
        let database: Database
        let router: Router
        var server: Server
        let jobs: [Task<Void, any Error>]
    }

    private let running = Mutex<[String: Running]>([:])
    private let stores: StoreFolder
    private let inventoryLocation: DatabaseLocation
    private let inventoryStore = Mutex<Database?>(nil)

    static func run<Value: Sendable>(
        seed: UInt64 = 1, sim: SimConfiguration = SimConfiguration(),
        inventoryAt location: DatabaseLocation? = nil, ordersAheadMs: Int64 = 0,
        isShared: Bool = false, dying death: Death? = nil,
        _ body: @escaping @Sendable (SuiteRig) async throws -> Value
    ) throws -> Value {
        let test = TestWorld(seed: seed)
        return try test.run {
            let rig = try await SuiteRig(test, sim, location, ordersAheadMs, isShared, death)
            let result: Result<Value, any Error>
            do { result = .success(try await body(rig)) } catch { result = .failure(error) }
            await rig.close()
            return try result.get()
        }
    }

    /// The same with an event that has ten places.
    static func onSale<Value: Sendable>(
        seed: UInt64 = 1, sim: SimConfiguration = SimConfiguration(), ordersAheadMs: Int64 = 0,
        isShared: Bool = false,
        _ body: @escaping @Sendable (SuiteRig, TestEvent) async throws -> Value
    ) throws -> Value {
        try run(seed: seed, sim: sim, ordersAheadMs: ordersAheadMs, isShared: isShared) {
            try await body($0, $0.event())
        }
    }

    private init(
        _ test: TestWorld, _ sim: SimConfiguration, _ inventoryLocation: DatabaseLocation?,
        _ ordersAheadMs: Int64, _ isShared: Bool, _ death: Death?
    ) async throws {
        func open(
            _ name: String, _ migrations: [Migration], _ clock: any WallClock
        ) async throws -> Database {
            try await Database.open(
                stores.location(name), migrations: migrations, world: test.world(clock),
                mode: .scheduled)
        }
        let stores = try StoreFolder(inMemory: true)
        self.stores = stores
        self.test = test
        self.sim = sim
        self.isShared = isShared
        self.inventoryLocation = inventoryLocation ?? stores.location("inventory")
        ordersClock = ShiftedClock(clock: test.clock, aheadMs: ordersAheadMs)
        stage = Stage(test)
        crossings = Crossings(on: test.scheduler, death)
        provider = WatchedProvider(test.clock, crossings)
        ordersDatabase = try await open("orders", OrdersSchema.migrations, ordersClock)
        paymentsDatabase = try await open("payments", PaymentsSchema.migrations, test.clock)
        journal = try await open("sim", SimSchema.migrations, test.clock)
        crossings.whenDying { [unowned self] in crash($0) }
        for name in ["inventory", "orders", "payments"] { try await start(name) }
    }

    /// What is left of a history would keep its databases in memory.
    private func close() async {
        for service in running.withLock({ Array($0.values) }) { service.life.kill() }
        for database in [inventoryDatabase, ordersDatabase, paymentsDatabase, journal] {
            await database?.close()
        }
    }

    // MARK: Services

    /// A service as a new process, on its database.
    func start(_ name: String) async throws {
        let life = ServiceLife(on: test.scheduler, stage.network)
        switch name {
        case "inventory": try await startInventory(life)
        case "orders", Stage.secondOrders: try await startOrders(life, name)
        default: try await startPayments(life)
        }
    }

    private func startInventory(_ life: ServiceLife) async throws {
        let world = test.world(on: life.process)
        let database: Database
        if let open = inventoryDatabase {
            database = open
        } else {
            database = try await Database.open(
                inventoryLocation, migrations: InventorySchema.migrations, world: test.world,
                mode: .scheduled)
            inventoryStore.withLock { $0 = database }
        }
        let service = InventoryService(
            world: world, database: database, timeZones: TimeZones(["Europe/Vienna"]))
        try await serve("inventory", database, world, life, service.jobs) {
            service.register(on: &$0)
        }
    }

    private func startOrders(_ life: ServiceLife, _ name: String) async throws {
        let world = test.world(ordersClock, on: life.process)
        func peer(_ name: String) -> any Caller { client("orders", to: name, world, life) }
        func crossed(_ name: String) -> CrossedPeer {
            CrossedPeer(peer: peer(name), caller: "orders", callee: name, crossings: crossings)
        }
        let peers: OrdersService.Peers
        if name == Stage.secondOrders {
            peers = .init(inventory: crossed("inventory"), payments: crossed("payments"))
        } else {
            inventory.become(crossed("inventory"))
            payments.become(crossed("payments"))
            peers = .init(inventory: inventory, payments: payments)
        }
        let service = try await OrdersService(
            world: world, database: ordersDatabase,
            peers: peers,
            readers: .init(inventory: peer("inventory"), payments: peer("payments")),
            ticketKeys: TicketKeys([1: Stage.ticketKey]), isShared: isShared)
        try await serve(name, ordersDatabase, world, life, service.jobs) {
            service.register(on: &$0)
        }
    }

    private func startPayments(_ life: ServiceLife) async throws {
        let world = test.world(on: life.process)
        let sim = SimProvider(
            world: world, journal: journal, configuration: sim,
            webhookSecrets: [Stage.webhookSecret])
        provider.become(sim)
        let orders = CrossedPeer(
            peer: client("payments", to: "orders", world, life), caller: "payments",
            callee: "orders", crossings: crossings)
        let service = PaymentsService(
            world: world, database: paymentsDatabase, providers: [provider], orders: orders)
        try await serve("payments", paymentsDatabase, world, life, service.jobs) {
            service.register(on: &$0)
        }
    }

    private func client(
        _ identity: String, to instance: String, _ world: World? = nil,
        _ network: (any Network)? = nil
    ) -> any Caller {
        HeldToItsTable(peer: stage.client(identity, to: instance, on: network, world))
    }

    private func serve(
        _ name: String, _ database: Database, _ world: World, _ life: ServiceLife,
        _ jobs: [any Service], _ register: (inout Router) -> Void
    ) async throws {
        var router = Router(log: world.log)
        register(&router)
        let server = try await stage.listen(
            name, router, database, on: life, test.world(on: life.process))
        let tasks = jobs.map { job in life.process.spawn { try await job.run() } }
        running.withLock {
            $0[name] = Running(
                life: life, database: database, router: router, server: server, jobs: tasks)
        }
    }

    /// The service lives, but nobody reaches it.
    func cutOff(_ name: String) async { await running.withLock { $0[name]?.server }?.stop() }

    func reconnect(_ name: String) async throws {
        guard let old = running.withLock({ $0[name] }) else { return }
        let server = try await stage.listen(
            name, old.router, old.database, on: old.life, test.world(on: old.life.process))
        running.withLock { $0[name]?.server = server }
    }

    private func stop(_ name: String) async {
        await cutOff(name)
        let old = running.withLock { $0.removeValue(forKey: name) }
        old?.jobs.forEach { $0.cancel() }
    }

    /// Another process on the same database; what the first one was doing is never heard of again.
    func restartOrders() async throws {
        await stop("orders")
        try await start("orders")
    }

    /// Another Inventory; what happens to its file in between is up to `body`.
    func restartInventory(_ body: () throws -> Void = {}) async throws {
        let database = inventoryStore.withLock { $0.take() }
        await stop("inventory")
        await database?.close()
        try body()
        try await start("inventory")
    }

    /// Kills a service where it stands, as by SIGKILL.
    func kill(_ name: String) {
        running.withLock { $0.removeValue(forKey: name) }?.life.kill()
    }

    /// Kills a service, which is started again after a while.
    private func crash(_ name: String) {
        kill(name)
        test.scheduler.spawn { [self] in
            try await pass(ms: 200)
            try await start(name)
        }
    }

    var inventoryDatabase: Database? { inventoryStore.withLock { $0 } }

    // MARK: Callers

    func caller(_ identity: String, to service: String) -> any Caller {
        callers.withLock { callers in
            if let known = callers[identity + service] { return known }
            let client = client(identity, to: service)
            callers[identity + service] = client
            return client
        }
    }

    func pass(ms: Int64) async throws { try await test.scheduler.sleep(ms: ms) }
}

/// A machine whose clock is set wrong.
private struct ShiftedClock: WallClock {
    let clock: TestClock
    let aheadMs: Int64

    func now() -> Instant { clock.now().advanced(byMs: aheadMs) }
}
