import Contracts
import FoundationEssentials
public import Lifecycle
import Publishing
public import RPC
import Saga
public import Storage

/// The Orders service: purchases as durable sagas over Inventory and Payments, and the orders and
/// tickets that come of them.
public struct OrdersService: Sendable {
    let world: World
    let database: Database
    let journal: CheckoutJournal
    let runner: SagaRunner<Checkout, PeerReply>
    private let queries: OrderQueries
    private let view: CheckoutView
    private let awaited = AwaitedPayments()
    private let peers: Peers
    private let readers: Peers
    private let stock: FeedConsumer<Checkout>

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
        try await TicketKeyCheck(database: database, mint: mint).run()
        let saga = PurchaseSaga(inventory: peers.inventory, payments: peers.payments)
        journal = CheckoutJournal(
            database: database, isShared: isShared ?? database.isShared,
            rules: CheckoutRules(core: saga.steps.core),
            book: OrderBook(), keyNumber: mint.current, awaited: awaited, log: world.log)
        runner = try await SagaRunner(
            saga.steps, asides: saga.asides, journal: journal, world: world)
        queries = OrderQueries(database: database, mint: mint)
        view = CheckoutView(mint: mint)
        stock = .inventory(
            at: readers.inventory, of: journal, in: database, for: runner, world: world)
        peers.inventory.whenConnected { [weak runner] in
            runner?.hurry { StepName.atInventory.contains($0.step) }
        }
        peers.payments.whenConnected { [weak runner] in
            runner?.hurry { StepName.atPayments.contains($0.step) }
        }
    }

    /// What runs beside the handlers for as long as the process lives.
    public var jobs: [any Service] {
        let adoption = Adoption(
            world: world, journal: journal, runner: runner, inventory: readers.inventory,
            payments: readers.payments)
        return runner.jobs + [
            PaymentWatch(
                world: world, awaited: awaited, runner: runner, payments: readers.payments),
            PeerHistories(world: world, database: database, sagas: peers, readers: readers),
            journal.clockRepair(world),
            LeasedJob(stock, of: database, world: world),
            LeasedJob(adoption, of: database, world: world),
            LeasedJob(housekeeping, of: database, world: world),
            LeasedJob(
                Recount.checkouts(in: database, world: world), of: database, world: world),
        ]
    }

    var housekeeping: Housekeeping {
        Housekeeping(database, world: world) {
            try CheckoutJournal.forget($0, before: $1, limit: $2)
        }
    }

    public func register(on router: inout Router) {
        router.handle(OrdersAPI.purchase) { try await purchase($0, $1) }
        router.handle(OrdersAPI.createCheckout) { try await create($0, $1) }
        router.handle(OrdersAPI.startPayment) { try await startPayment($0, $1) }
        router.handle(OrdersAPI.cancelCheckout) { try await cancel($0, $1) }
        router.handle(OrdersAPI.getCheckout) { request, call in
            try await told(try await found(request.checkoutId, for: call))
        }
        router.handle(OrdersAPI.watchCheckout) { try await watch($0, $1) }
        router.handle(OrdersAPI.getOrder) { request, call in
            try await queries.order(request.orderId, for: call)
        }
        router.handle(OrdersAPI.listTickets) { try await queries.tickets($0, for: $1) }
        router.handle(OrdersAPI.listOrders) { try await queries.orders($0, for: $1) }
        router.handle(OrdersAPI.getSaga) { try await saga($0, $1) }
        router.handle(OrdersAPI.retrySaga) { try await retry($0, $1) }
        router.handle(OrdersAPI.resolveSaga) { try await resolve($0, $1) }
        router.handle(OrdersAPI.readEvents) { try await events($0, $1) }
        router.handle(OrdersAPI.followFeed) { try await stock.follow($0, $1) }
        router.handle(OrdersAPI.verifyInvariants) { request, _ in
            try await Verifier(
                database: database, inventory: readers.inventory, payments: readers.payments
            ).verify(request)
        }
        router.handle(OrdersAPI.setClock) { try await database.setClock($0, $1, world.log) }
        router.handle(OrdersAPI.stats) { _, _ in try await stats() }
        router.handle(OrdersAPI.health) { _, _ in try await database.health() }
    }

    // MARK: Purchases

    /// The first commit, then a task that drives the saga, then a wait for it.
    private func purchase(
        _ request: PurchaseRequest, _ call: CallContext
    ) async throws -> CheckoutReply {
        try PurchaseRules.check(request)
        try await refuseUnpayable(request)
        let watch = runner.progress.watch(request.purchaseId) { $0.isSettled }
        defer { watch.cancel() }
        let begun = try await journal.begin(request, call)
        if begun.isSettled { return try answer(begun, try await told(begun)) }
        runner.start(begun)
        return try await settled(watch, request.purchaseId, request.waitMs ?? .max, call)
    }

    /// What costs something and names no provider is refused before it is stored, so that its id
    /// can be used again. When the catalogue does not answer, the saga finds out.
    private func refuseUnpayable(_ request: PurchaseRequest) async throws {
        guard request.provider == nil, try await journal.find(request.purchaseId) == nil else {
            return
        }
        var after: String?
        repeat {
            let page: EventReply
            do {
                page = try await readers.inventory.call(
                    InventoryAPI.getEvent, GetEventRequest(eventId: request.eventId, after: after))
            } catch is RPCError { return }
            if PurchaseRules.isPriced(request.items, in: page.ticketTypes) {
                throw RPCError.invalid([PurchaseRules.providerNeeded])
            }
            after = page.next
        } while after != nil
    }

    /// A purchase that was refused answers with the refusal, each time that it is asked.
    func answer(_ checkout: Checkout, _ reply: CheckoutReply) throws -> CheckoutReply {
        if checkout.state == .rejected || checkout.state == .cancelled,
            let problem = checkout.problem
        {
            throw problem.error
        }
        return reply
    }

    /// What is told of a checkout that was read: of a completed one only as long as its order says
    /// the same. Only who has just committed it may answer from `view` alone.
    func told(_ checkout: Checkout) async throws -> CheckoutReply {
        if checkout.state == .completed, try await !queries.agrees(with: checkout) {
            throw StorageError(.corrupt, "checkout: \(checkout.id) says other than its order")
        }
        return try view.reply(checkout, now: database.now)
    }

    /// A purchase or checkout that was refused answers with the refusal.
    func settled(
        _ watch: SagaWatch<Checkout>, _ id: UUID, _ waitMs: Int64, _ call: CallContext
    ) async throws -> CheckoutReply {
        let waitMs = call.waitMs(waitMs, on: world.scheduler)
        if let settled = await watch.value(withinMs: waitMs) {
            return try answer(settled, try view.reply(settled, now: database.now))
        }
        let checkout = try await found(id, for: call)
        return try answer(checkout, try await told(checkout))
    }

    /// Another buyer's is not found, as one that does not exist.
    func found(_ id: UUID, for call: CallContext) async throws -> Checkout {
        guard let checkout = try await journal.find(id), call.mayTouch(checkout) else {
            throw RPCError.unknown(.checkout, id)
        }
        return checkout
    }

    // MARK: Sagas

    private func saga(_ request: GetSagaRequest, _ call: CallContext) async throws -> SagaReply {
        let id = request.checkoutId
        let checkout = try await found(id, for: call)
        let (history, next) = try await queries.history(request)
        let now = database.now
        return SagaReply(
            checkoutId: id, state: checkout.state, step: checkout.step?.step,
            direction: checkout.step?.direction.rawValue, attempt: checkout.step?.attempt ?? 0,
            epoch: checkout.driver,
            nextRunInMs: checkout.nextRunAt.map { max(0, now.millisecondsUntil($0)) },
            trouble: checkout.trouble, parkReason: checkout.parkReason,
            history: history, next: next)
    }

    private func retry(_ request: RetrySagaRequest, _ call: CallContext) async throws -> SagaReply {
        let after = try await journal.change(
            request.checkoutId, "RESOLVED", because: "retry", call
        ) {
            try Resolution.retry($0, now: $1)
        }
        world.log.warning("saga.retried", ["order": after.id, "by": call.caller])
        runner.moved(after)
        return try await saga(GetSagaRequest(checkoutId: request.checkoutId), call)
    }

    private func resolve(
        _ request: ResolveSagaRequest, _ call: CallContext
    ) async throws -> ResolveSagaReply {
        guard request.reason.contains(where: { !$0.isWhitespace }) else {
            throw RPCError(.reasonRequired, "say why, for those who read the history")
        }
        let before = try await found(request.checkoutId, for: call)
        let plan = Resolution.plan(request.decision, before)
        let decision = request.decision
        if request.dryRun == true {
            let after = try Resolution.resolve(before, decision, now: database.now)
            return ResolveSagaReply(
                checkoutId: before.id, state: after.state, plan: plan, isApplied: false)
        }
        let after = try await journal.change(
            request.checkoutId, "RESOLVED", because: request.reason, call
        ) {
            try Resolution.resolve($0, decision, now: $1)
        }
        world.log.warning(
            "saga.resolved",
            [
                "order": after.id, "by": call.caller, "decision": decision.word,
                "reason": request.reason,
            ])
        runner.moved(after)
        return ResolveSagaReply(
            checkoutId: after.id, state: after.state, plan: plan, isApplied: true)
    }

    // MARK: Feed and figures

    private func events(
        _ request: FeedRequest, _ call: CallContext
    ) async throws -> FeedReply {
        try await database.feed.page(request, call, on: world.scheduler)
    }

    private func stats() async throws -> StatsReply {
        var counters = database.counters(with: world.metrics)
        counters.merge(try await stock.counters()) { $1 }
        do {
            for (state, count) in try await queries.states() {
                counters["checkouts.\(state.word)"] = count
            }
        } catch let error as StorageError where error.code == .corrupt {
            // The rest is wanted all the more; verification tells of it, and it is recounted.
            world.log.error("tally_unreadable", ["error": "\(error)"])
        }
        return StatsReply(counters: counters)
    }
}
