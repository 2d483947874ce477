import Contracts
import FoundationEssentials
import Inventory
import Lifecycle
import Orders
import Payments
import RPC
import Storage
import Support

/// All three services on stores in memory in one world of virtual time, with two events on sale:
/// one that costs money, and one that is free.
final class House: Sendable {
    static let euro = Currency("EUR")
    static let webhookSecret = [UInt8](repeating: 9, count: 32)
    static let (event, type) = (id(0xe1), id(0xa1))
    static let (freeEvent, freeType) = (id(0xe2), id(0xa2))

    /// An id that does not change.
    static func id(_ number: UInt8) -> UUID {
        UUID(uuid: (1, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, number))
    }

    let scheduler: SimulatedScheduler
    let world: World
    let sim: SimProvider
    let inventory: LocalService
    let payments: LocalService
    let orders: LocalService
    /// What the services wrote in their logs as an error.
    let errors: LogLines
    private let databases: [Database]
    private let jobs: [Task<Void, any Error>]

    static func open() throws -> House {
        let scheduler = SimulatedScheduler(random: SeededRandom(seed: 1))
        return try scheduler.run {
            let house = try await House(scheduler)
            try await house.putOnSale(event, type, price: 5_000)
            try await house.putOnSale(freeEvent, freeType, price: 0)
            return house
        }
    }

    private init(_ scheduler: SimulatedScheduler) async throws {
        let errors = LogLines()
        let clock = TestClock(
            start: Instant(milliseconds: 1_800_000_000_000), scheduler: scheduler)
        let world = World(
            scheduler: scheduler, clock: clock, random: SeededRandom(seed: 2),
            log: Log(service: "fuzz", least: .error, clock: clock) { errors.append($0) },
            metrics: Metrics())
        func database(_ migrations: [Migration]) async throws -> Database {
            try await Database.open(
                .memory, migrations: migrations, world: world, mode: .scheduled
            ) { fatalError("the store failed: \($0)") }
        }
        func router(_ register: (inout Router) -> Void) -> Router {
            var router = Router(log: world.log)
            register(&router)
            return router
        }
        self.scheduler = scheduler
        self.world = world
        self.errors = errors
        inventory = LocalService(calledBy: "orders", world: world)
        payments = LocalService(calledBy: "orders", world: world)
        orders = LocalService(calledBy: "gateway", world: world)
        let stores = try await [
            database(InventorySchema.migrations), database(PaymentsSchema.migrations),
            database(OrdersSchema.migrations), database(SimSchema.migrations),
        ]
        databases = stores
        sim = SimProvider(
            world: world, journal: stores[3],
            configuration: SimConfiguration(
                seed: 1, declinedBp: 500, lateBp: 500, webhookBp: 5_000, webhookTwiceBp: 2_000),
            webhookSecrets: [Self.webhookSecret])
        let stock = InventoryService(
            world: world, database: stores[0], timeZones: TimeZones(["Europe/Vienna"]))
        let money = PaymentsService(
            world: world, database: stores[1], providers: [sim], orders: orders)
        let sale = try await OrdersService(
            world: world, database: stores[2],
            peers: .init(inventory: inventory, payments: payments),
            readers: .init(inventory: inventory, payments: payments),
            ticketKeys: TicketKeys([1: [UInt8](repeating: 3, count: 32)]))
        inventory.open(router { stock.register(on: &$0) })
        payments.open(router { money.register(on: &$0) })
        orders.open(router { sale.register(on: &$0) })
        let services = stock.jobs + money.jobs + sale.jobs
        jobs = services.map { job in scheduler.spawn { try await job.run() } }
    }

    private func putOnSale(_ event: UUID, _ type: UUID, price: Int64) async throws {
        _ = try await inventory.call(
            InventoryAPI.createEvent,
            CreateEventRequest(
                eventId: event, title: "Concert",
                startsAt: world.now.advanced(byMs: 86_400_000), currency: Self.euro,
                totalCapacity: 40, openCheckouts: .allow))
        _ = try await inventory.call(
            InventoryAPI.putTicketType,
            PutTicketTypeRequest(
                ticketTypeId: type, eventId: event, name: "Stalls",
                price: Money(price, Self.euro), taxBasisPoints: 1_900))
        _ = try await inventory.call(
            InventoryAPI.publishEvent, PublishEventRequest(eventId: event, expectedVersion: 1))
    }

    /// The service whose method it is.
    func service(of method: AnyMethod) -> LocalService {
        if method.name.hasPrefix("inventory.") { return inventory }
        return method.name.hasPrefix("payments.") ? payments : orders
    }

    func close() throws {
        try scheduler.run { [self] in
            for job in jobs { job.cancel() }
            for job in jobs { _ = await job.result }
            for database in databases { await database.close() }
        }
    }
}
