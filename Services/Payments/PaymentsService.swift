import Contracts
import FoundationEssentials
public import Lifecycle
import Publishing
public import RPC
public import Storage
import Text
import Wire

/// The Payments service: takes, gives up and gives back the buyers' money, and keeps the books.
public struct PaymentsService: Sendable {
    private let world: World
    private let database: Database
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
            Settler(world: world, store: store, cashier: cashier),
            Refunder(world: world, store: store, cashier: cashier),
            WebhookApplier(world: world, store: store, cashier: cashier, awaited: awaited),
            orders,
            housekeeping,
            Recount.balances(in: database, world: world),
        ]
        let all = jobs + store.clockRepairs(world)
        return all.map { LeasedJob($0, of: database, world: world) }
    }

    var housekeeping: Housekeeping {
        Housekeeping(database, world: world) {
            max(
                try PaymentStore.forget($0, before: $1, limit: $2),
                try PaymentStore.forgetWebhooks($0, limit: $2))
        }
    }

    /// `payments.IngestWebhook` for a provider in this process.
    public func ingest(_ webhook: ProviderWebhook, from provider: String) async throws {
        _ = try await inbox.ingest(
            IngestWebhookRequest(
                provider: provider, headers: webhook.headers, rawBody: Data(webhook.rawBody)))
    }

    public func register(on router: inout Router) {
        router.handle(PaymentsAPI.createPayment) { try await create($0, $1) }
        router.handle(PaymentsAPI.getPayment) { request, _ in
            PaymentReply(try await store.payment(request.paymentId))
        }
        router.handle(PaymentsAPI.refreshPayment) { try await refresh($0, $1) }
        router.handle(PaymentsAPI.capturePayment) { try await capture($0, $1) }
        router.handle(PaymentsAPI.voidPayment) { try await void($0, $1) }
        router.handle(PaymentsAPI.refundPayment) { try await refund($0, $1) }
        router.handle(PaymentsAPI.retryRefund) { try await retry($0, $1) }
        router.handle(PaymentsAPI.getRefund) { request, _ in
            RefundReply(try await store.refund(request.refundId))
        }
        router.handle(PaymentsAPI.listObligations) { request, _ in
            try await store.obligations(request)
        }
        router.handle(PaymentsAPI.listUnsettled) { request, _ in
            try await store.unsettled(request)
        }
        router.handle(PaymentsAPI.ingestWebhook) { request, _ in try await inbox.ingest(request) }
        router.handle(PaymentsAPI.listWebhooks) { request, _ in
            try await store.webhooks(request)
        }
        router.handle(PaymentsAPI.replayWebhook) { request, call in
            try await inbox.replay(request, by: call.caller)
        }
        router.handle(PaymentsAPI.ledgerBalance) { request, _ in
            try await store.balance(request)
        }
        router.handle(PaymentsAPI.readEvents) { try await events($0, $1) }
        router.handle(PaymentsAPI.followFeed) { try await orders.follow($0, $1) }
        router.handle(PaymentsAPI.verifyInvariants) { request, _ in
            try await store.verify(request)
        }
        router.handle(PaymentsAPI.compareHistory) { _, _ in try await database.history() }
        router.handle(PaymentsAPI.setClock) { request, call in
            for provider in cashier.providers.values.sorted(by: { $0.name < $1.name }) {
                try await provider.setClock()
            }
            return try await database.setClock(request, call, world.log)
        }
        router.handle(PaymentsAPI.stats) { _, _ in try await stats() }
        router.handle(PaymentsAPI.health) { _, _ in try await database.health() }
    }

    // MARK: Payments

    func create(
        _ request: CreatePaymentRequest, _ call: CallContext
    ) async throws -> PaymentReply {
        guard cashier.providers[ByteText(request.provider)] != nil else {
            throw RPCError(
                .providerUnknown, "there is no provider \(request.provider.quoted)",
                detail: ["provider": .text(request.provider)])
        }
        let created = try await store.create(request)
        awaited.note(created.paymentID)
        let payment = try await cashier.settle(created, until: patience(call))
        guard payment.state != .failedFinal else { throw PaymentRules.refusal(payment) }
        return PaymentReply(payment)
    }

    func refresh(
        _ request: RefreshPaymentRequest, _ call: CallContext
    ) async throws -> PaymentReply {
        let payment = try await store.payment(request.paymentId)
        guard payment.nextTryAt != nil,
            case .known(let seen) = await cashier.ask(payment)
        else { return PaymentReply(payment) }
        return PaymentReply(try await cashier.observe(payment.paymentID, seen))
    }

    func capture(
        _ request: CapturePaymentRequest, _ call: CallContext
    ) async throws -> PaymentReply {
        let payment = try await cashier.perform(
            .capture, until: patience(call),
            { try await store.decide(request.paymentId, $0) },
            { try PaymentRules.capture($0, request.amount, now: $1) })
        return PaymentReply(payment)
    }

    func void(
        _ request: VoidPaymentRequest, _ call: CallContext
    ) async throws -> PaymentReply {
        let payment = try await cashier.perform(
            .void, until: patience(call), { try await store.decideOrBury(request, $0) },
            { try PaymentRules.void($0, now: $1) })
        world.log.info(
            "payment.voided",
            [
                "payment": request.paymentId, "by": call.caller, "reason": request.reason,
                "state": payment.state.word,
            ])
        return PaymentReply(payment)
    }

    /// The obligation is committed first; if the provider cannot settle it at once, the
    /// `Refunder` goes on.
    func refund(_ request: RefundPaymentRequest, _ call: CallContext) async throws -> RefundReply {
        let (owed, isNew) = try await store.request(request)
        if isNew {
            world.log.info(
                "refund.requested",
                [
                    "refund": request.refundId, "payment": request.paymentId, "by": call.caller,
                    "kind": request.kind.word, "reason": request.reason,
                ])
        }
        return RefundReply(isNew ? try await cashier.pay(back: owed) : owed)
    }

    func retry(_ request: RetryRefundRequest, _ call: CallContext) async throws -> RefundReply {
        guard request.reason.contains(where: { !$0.isWhitespace }) else {
            throw RPCError(.reasonRequired, "say why, for those who read the log")
        }
        let due = try await store.retry(request.refundId)
        world.log.warning(
            "refund.retried",
            ["refund": request.refundId, "by": call.caller, "reason": request.reason])
        return RefundReply(try await cashier.pay(back: due))
    }

    /// How long to try before the caller is told that the answer is not known: until half a
    /// second before it stops to listen.
    private func patience(_ call: CallContext) -> UInt64 {
        call.deadline < 500_000_000 ? 0 : call.deadline - 500_000_000
    }

    // MARK: Feed and counters

    func events(_ request: FeedRequest, _ call: CallContext) async throws -> FeedReply {
        try await database.feed.page(request, call, on: world.scheduler)
    }

    private func stats() async throws -> StatsReply {
        var counters = database.counters(with: world.metrics)
        counters.merge(try await orders.counters()) { $1 }
        return StatsReply(counters: counters)
    }
}
