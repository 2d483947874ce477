import Contracts
import FoundationEssentials
public import Lifecycle
import Publishing
public import RPC
public import Storage
import Text
import Wire

/// The Payments service: takes, gives up and gives back the buyers' money, and keeps the books.
public final class PaymentsService: Sendable {
    let world: World
    let database: Database
    let store: PaymentStore
    let cashier: Cashier
    let inbox: WebhookInbox
    let awaited = AwaitedTargets()
    let orders: FeedConsumer<Void>

    /// - Parameters:
    ///   - database: with `PaymentsSchema`.
    ///   - providers: each under its own name.
    ///   - orders: whose feed says how checkouts end.
    public init(
        world: World, database: Database, providers: [any PaymentProvider], orders: any Caller
    ) {
        self.world = world
        self.database = database
        self.orders = .orders(at: orders, into: database, world: world)
        store = PaymentStore(database: database)
        cashier = Cashier(
            world: world, store: store,
            providers: Dictionary(
                providers.map { (ByteText($0.name), $0) }, uniquingKeysWith: { first, _ in first }))
        inbox = WebhookInbox(
            world: world, store: store, providers: cashier.providers, awaited: awaited)
    }

    /// What runs beside the handlers for as long as the process lives.
    public var jobs: [any Service] {
        let jobs: [any Service] = [
            SettleJob(world: world, store: store, cashier: cashier),
            RefundJob(world: world, store: store, cashier: cashier),
            WebhookJob(world: world, store: store, cashier: cashier, awaited: awaited),
            orders,
            housekeeping,
            Recount.balances(in: database, world: world),
        ]
        let own = (jobs + store.clockRepairs(world)).map {
            LeasedJob($0, of: database, world: world)
        }
        return own + cashier.inOrder.flatMap { $0.jobs(endpoint: ingest) }
    }

    var housekeeping: Housekeeping {
        Housekeeping(database, world: world) {
            max(
                try PaymentStore.forget($0, before: $1, limit: $2),
                try PaymentStore.forgetWebhooks($0, limit: $2))
        }
    }

    /// `payments.IngestWebhook` for a provider in this process.
    @Sendable func ingest(_ webhook: ProviderWebhook, from provider: String) async throws {
        _ = try await inbox.ingest(
            IngestWebhookRequest(
                provider: provider, headers: webhook.headers, rawBody: Data(webhook.rawBody)))
    }

    public func register(on router: inout Router) {
        registerPayments(on: &router)
        registerRefunds(on: &router)
        registerLedger(on: &router)
        registerWebhooks(on: &router)
        router.handleStandard(PaymentsAPI.self, of: database, world: world) { [cashier] in
            for provider in cashier.inOrder { try await provider.setClock() }
        } counters: { [orders] in
            try await orders.counters()
        }
        router.handle(PaymentsAPI.followFeed) { [orders] in try await orders.follow($0, $1) }
        router.handle(PaymentsAPI.verifyInvariants) { [store] request, _ in
            try await store.verify(request)
        }
        router.handle(PaymentsAPI.compareHistory) { [database] _, _ in
            try await database.history()
        }
    }
}
