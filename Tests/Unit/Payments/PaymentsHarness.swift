import Contracts
import FoundationEssentials
import Lifecycle
import Publishing
import RPC
import Storage
import Stores
import Support
import Synchronization
import Wire

@testable import Payments

let eventID = id(0xe1)
let euro = Currency("EUR")

/// An id that a test can name.
func id(_ number: UInt8) -> UUID {
    UUID(uuid: (1, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, number))
}

func euros(_ minor: Int64) -> Money { Money(minor, euro) }

func createRequest(
    _ number: UInt8 = 1, checkout: UInt8 = 0xc1, amount: Int64 = 10_000, provider: String = "sim",
    mode: CaptureMode = .sale, method: String? = "sim_ok", owner: String = "ada",
    expiresInMs: Int64 = 900_000
) -> CreatePaymentRequest {
    CreatePaymentRequest(
        paymentId: id(number), checkoutId: id(checkout), eventId: eventID, owner: owner,
        amount: euros(amount), provider: provider, captureMode: mode, paymentMethod: method,
        expiresInMs: expiresInMs)
}

/// The service over two databases of its own, or of a folder so that it can crash and come back.
final class Desk: Sendable {
    static let webhookSecret = [UInt8](repeating: 9, count: 32)

    let test: TestWorld
    private let stores: StoreFolder
    let database: Database
    let journal: Database
    let sim: SimProvider
    let service: PaymentsService
    let orders: ScriptedOrders

    var store: PaymentStore { service.store }
    var world: World { test.world }

    init(
        _ test: TestWorld, folder: StoreFolder? = nil, sim: SimConfiguration = SimConfiguration(),
        webhookSecrets: [[UInt8]] = [Desk.webhookSecret], providers: [any PaymentProvider] = [],
        orders: ScriptedOrders = ScriptedOrders()
    ) async throws {
        self.test = test
        self.orders = orders
        stores = try folder ?? StoreFolder(inMemory: true)
        database = try await Desk.open("payments", PaymentsSchema.migrations, stores, test.world)
        journal = try await Desk.open("sim", SimSchema.migrations, stores, test.world)
        self.sim = SimProvider(
            world: test.world, journal: journal, configuration: sim,
            webhookSecrets: webhookSecrets)
        service = PaymentsService(
            world: test.world, database: database, providers: [self.sim] + providers,
            orders: orders)
    }

    private static func open(
        _ name: String, _ migrations: [Migration], _ stores: StoreFolder, _ world: World
    ) async throws -> Database {
        try await Database.open(
            stores.location(name), migrations: migrations, world: world, mode: .scheduled)
    }

    /// A test of one desk, in a world of its own.
    static func run(
        sim: SimConfiguration = SimConfiguration(), webhookSecrets: [[UInt8]] = [webhookSecret],
        _ body: @escaping @Sendable (Desk) async throws -> Void
    ) throws {
        let test = TestWorld()
        try test.run { try await body(Desk(test, sim: sim, webhookSecrets: webhookSecrets)) }
    }

    func close() async {
        await database.close()
        await journal.close()
    }

    /// A call whose caller waits so long.
    func call(waitingMs: Int64 = 10_000) -> CallContext {
        CallContext(
            identity: "orders", roles: [.orders],
            deadline: world.scheduler.uptimeNanoseconds + UInt64(waitingMs) * 1_000_000)
    }

    func create(
        _ request: CreatePaymentRequest = createRequest(), waitingMs: Int64 = 10_000
    ) async throws -> PaymentReply {
        try await service.create(request, call(waitingMs: waitingMs))
    }

    func capture(_ number: UInt8 = 1, amount: Int64 = 10_000) async throws -> PaymentReply {
        try await service.capture(
            CapturePaymentRequest(paymentId: id(number), amount: euros(amount)), call())
    }

    func void(
        _ number: UInt8 = 1, checkout: UInt8 = 0xc1, waitingMs: Int64 = 10_000
    ) async throws -> PaymentReply {
        try await service.void(
            VoidPaymentRequest(
                paymentId: id(number), checkoutId: id(checkout), reason: "test"),
            call(waitingMs: waitingMs))
    }

    func refund(
        _ refund: UInt8 = 0x51, of number: UInt8 = 1, amount: Int64 = 10_000,
        kind: RefundKind = .organiser
    ) async throws -> RefundReply {
        try await service.refund(
            RefundPaymentRequest(
                refundId: id(refund), paymentId: id(number), amount: euros(amount), kind: kind,
                reason: "test"), call())
    }

    /// An operator says where Payments goes on in Orders' feed.
    func follow(_ seq: Int64) async throws {
        _ = try await service.orders.follow(
            FollowFeedRequest(feed: "orders", feedId: id(0xf0), fromSeq: seq, reason: "restored"),
            call())
    }

    func payment(_ number: UInt8 = 1) async throws -> PaymentReply {
        PaymentReply(try await store.payment(id(number)))
    }

    /// Lets the jobs work for a while of virtual time.
    func work(forMs duration: Int64) async throws {
        try await whileWorking { try await self.world.scheduler.sleep(ms: duration) }
    }

    /// Lets the jobs work while something else happens.
    func whileWorking<Value: Sendable>(
        _ body: () async throws -> Value
    ) async throws -> Value {
        let jobs = service.jobs.map { job in world.scheduler.spawn { try await job.run() } }
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        for job in jobs { job.cancel() }
        for job in jobs { _ = await job.result }
        return try result.get()
    }

    /// A page of the feed, as its readers get it.
    func page(_ request: FeedRequest) async throws -> FeedReply {
        try await database.feed.page(request, call(), on: world.scheduler)
    }

    /// What the feed says so far.
    func facts() async throws -> [String] {
        try await database.feed.facts(after: 0, limit: 1000).map(\.kind)
    }

    func balance(_ account: String) async throws -> Int64 {
        try await database.read { reader in
            try reader.query(
                """
                SELECT CAST(COALESCE(SUM(debit_minor - credit_minor), 0) AS BIGINT)
                FROM ledger_entry WHERE account = \(account)
                """
            ) { try $0.next(Int64.self) }.first ?? 0
        }
    }

    func funds(_ checkout: UInt8 = 0xc1) async throws -> Int64 {
        try await balance(Account.funds(checkout: id(checkout)).name)
    }

    func violations() async throws -> [String] {
        try await store.verify(VerifyRequest()).violations.map(\.invariant)
    }
}

/// Orders as far as Payments sees it: a feed.
final class ScriptedOrders: Caller {
    struct NotScripted: Error {}

    private struct State {
        var feedID = id(0xf0)
        var events: [FeedEvent] = []
        var atMs: Int64 = 0
    }

    private let state = Mutex(State())

    func say(_ kind: String, checkout: UInt8 = 0xc1, total: Int64 = 10_000, tax: Int64 = 0) throws {
        let fact = CheckoutFact(
            checkoutId: id(checkout), eventId: eventID, total: euros(total), tax: euros(tax))
        say(kind, checkout: checkout, body: CBOR.encode(fact))
    }

    func say(_ kind: String, checkout: UInt8 = 0xc1, body: [UInt8]) {
        state.withLock { state in
            state.events.append(
                FeedEvent(
                    seq: Int64(state.events.count) + 1, kind: kind, subject: id(checkout),
                    at: Instant(milliseconds: state.atMs), body: Data(body)))
        }
    }

    func forgetFirst() { state.withLock { _ = $0.events.removeFirst() } }

    /// As a restored store does: what comes next has the number again, at another time.
    func forgetLast(thenAtMs atMs: Int64) {
        state.withLock { state in
            state.events.removeLast()
            state.atMs = atMs
        }
    }

    func become(feed: UUID) { state.withLock { $0.feedID = feed } }

    func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ options: CallOptions
    ) async throws -> Reply {
        guard let request = request as? FeedRequest else { throw NotScripted() }
        let reply = try state.withLock { state in
            let head = state.events.last?.seq ?? 0
            try request.check(feedID: state.feedID, head: head)
            if let at = request.lastAt,
                let last = state.events.first(where: { $0.seq == request.afterSeq }),
                last.at != at || last.subject != request.lastSubject
            {
                throw FeedRequest.diverged("another fact", feedID: state.feedID, head: head)
            }
            let events = state.events.filter { $0.seq > request.afterSeq }
            return FeedReply(
                feedId: state.feedID, head: head,
                events: Array(events.prefix(Int(request.limit ?? 500))))
        }
        guard let reply = reply as? Reply else { throw NotScripted() }
        return reply
    }
}

/// The reason of the refusal that `work` ends with.
func reason(_ work: () async throws -> some Any) async -> Reason? {
    do {
        _ = try await work()
        return nil
    } catch {
        return (error as? RPCError)?.reason
    }
}

extension PaymentStore {
    /// Those that the applier would look at, as they are.
    func dueWebhooks(limit: Int) async throws -> [Webhook] {
        var webhooks: [Webhook] = []
        for due in try await dueWebhooks(of: .all, after: nil, limit: limit) {
            if let webhook = try await webhook(due.id) { webhooks.append(webhook) }
        }
        return webhooks
    }
}
