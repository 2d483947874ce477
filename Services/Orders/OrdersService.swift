import Contracts
import FoundationEssentials
public import Lifecycle
import Publishing
public import RPC
import Saga
public import Storage

/// The Orders service: purchases as durable sagas over Inventory and Payments, and the orders and
/// tickets that come of them.
public final class OrdersService: Sendable {
    let world: World
    let database: Database
    let checkouts: CheckoutStore
    let runner: CheckoutRunner
    let queries: OrderQueries
    let view: CheckoutView
    let awaited = AwaitedPayments()
    let peers: Peers
    let readers: Peers
    let stock: FeedConsumer<Checkout>

    /// The services that this one calls.
    public struct Peers: Sendable {
        let inventory: any Caller
        let payments: any Caller

        public init(inventory: any Caller, payments: any Caller) {
            self.inventory = inventory
            self.payments = payments
        }
    }

    /// - Parameters:
    ///   - database: with `OrdersSchema`.
    ///   - peers: for the sagas alone, so that no feed or check takes a place from a purchase.
    ///   - readers: for everything else, on connections of its own.
    ///   - isShared: whether other processes work with the database; the database knows.
    ///   - ticketKeys: make ticket codes that nobody can guess.
    public init(
        world: World, database: Database, peers: Peers, readers: Peers, ticketKeys: TicketKeys,
        isShared: Bool? = nil
    ) async throws {
        self.world = world
        self.database = database
        self.peers = peers
        self.readers = readers
        let mint = TicketMint(ticketKeys)
        try await TicketKeyChecks(database: database, mint: mint).run()
        let saga = PurchaseSaga(
            inventory: peers.inventory, payments: peers.payments, awaited: awaited, log: world.log)
        checkouts = CheckoutStore(
            saga, in: database, isShared: isShared ?? database.isShared, keyNumber: mint.current)
        runner = try await SagaRunner(of: checkouts.sagas, world: world) { saga.step(named: $0) }
        queries = OrderQueries(database: database, mint: mint)
        view = CheckoutView(mint: mint)
        stock = .inventory(
            at: readers.inventory, of: checkouts, in: database, for: runner, world: world)
        peers.inventory.whenConnected { [weak self] in self?.runner.hurry(to: "inventory") }
        peers.payments.whenConnected { [weak self] in self?.runner.hurry(to: "payments") }
    }

    /// What runs beside the handlers for as long as the process lives.
    public var jobs: [any Service] {
        let adoption = AdoptionJob(
            world: world, checkouts: checkouts, runner: runner, inventory: readers.inventory,
            payments: readers.payments)
        return runner.jobs + [
            PaymentWatchJob(
                world: world, awaited: awaited, runner: runner, payments: readers.payments),
            PeerHistoryJob(world: world, database: database, sagas: peers, readers: readers),
            checkouts.clockRepair(world),
            LeasedJob(stock, of: database, world: world),
            LeasedJob(adoption, of: database, world: world),
            LeasedJob(housekeeping, of: database, world: world),
            LeasedJob(
                Recount.checkouts(in: database, world: world), of: database, world: world),
        ]
    }

    var housekeeping: Housekeeping {
        Housekeeping(database, world: world) {
            try CheckoutStore.forget($0, before: $1, limit: $2)
        }
    }

    public func register(on router: inout Router) {
        registerCheckout(on: &router)
        registerOrders(on: &router)
        registerTickets(on: &router)
        registerDesk(on: &router)
        router.handleStandard(OrdersAPI.self, of: database, world: world, counters: counters)
        router.handle(OrdersAPI.followFeed) { [stock] in try await stock.follow($0, $1) }
        router.handle(OrdersAPI.verifyInvariants) { [database, readers] request, _ in
            try await Verifier(
                database: database, inventory: readers.inventory, payments: readers.payments
            ).verify(request)
        }
    }

    /// Names of counters are ours.
    private func counters() async throws -> [String: Int64] {
        var counters = try await stock.counters()
        do {
            for (state, count) in try await queries.states() {
                counters["checkouts.\(state.word)"] = count
            }
        } catch let error as StorageError where error.code == .corrupt {
            // The rest is wanted all the more; verification tells of it, and it is recounted.
            world.log.error("tally_unreadable", ["error": "\(error)"])
        }
        return counters
    }
}
