import Contracts
import FoundationEssentials
import Lifecycle
import Past
import Processes
import RPC

/// A past of a million holds and 300,000 orders: one day of sales that the services really live
/// through, repeated until it has been going on for six days. All three hold what each of them
/// keeps of it, as they wrote it themselves.
struct PastSales {
    private static let days: Int64 = 300
    private static let everyMs: Int64 = 6 * 24 * 3_600_000 / days
    // What happens on one day: a thousand orders, and holds that ended at Inventory alone.
    private static let purchases = 900
    private static let checkouts = 100
    private static let consumed = 1_600
    private static let released = 367
    private static let expired = 367

    let suite: ServiceSuite
    let folder: WorkFolder
    let world: World

    /// Runs the day and repeats it; the services are stopped then.
    func make() async throws {
        try await suite.start()
        let start = try await live()
        await suite.stop()
        let day = Day(since: start, times: Self.days, everyMs: Self.everyMs)
        for store in Self.stores {
            try day.repeated(store.tables, in: folder.file(store.file), totals: store.totals)
        }
    }

    // MARK: The day

    private func live() async throws -> Instant {
        let shop = try await Shop(suite, world: world)
        let orders = suite.client(of: .inventory, as: "orders")
        defer {
            shop.close()
            orders.close()
        }
        let sold = try await shop.programme(events: 10, typesOfEach: 20)
        let elsewhere = try await shop.programme(events: 10, typesOfEach: 20)
        try await world.scheduler.sleep(ms: 100)
        let start = world.now
        try await many(Self.purchases) { try await shop.buy(sold.any, owner: "user:\($0)") }
        try await many(Self.checkouts) {
            try await shop.checkOut(sold.any, owner: "user:\($0)")
        }
        try await many(Self.consumed) { number in
            let hold = try await reserve(elsewhere.any, number, isFenced: true, orders)
            _ = try await orders.call(
                InventoryAPI.consumeHold, ConsumeHoldRequest(holdId: hold, orderId: hold))
        }
        try await many(Self.released) { number in
            let hold = try await reserve(elsewhere.any, number, isFenced: false, orders)
            _ = try await orders.call(
                InventoryAPI.releaseHold, ReleaseHoldRequest(holdId: hold, reason: .buyer))
        }
        try await many(Self.expired) {
            _ = try await reserve(elsewhere.any, $0, isFenced: false, orders)
        }
        try await rest(shop)
        return start
    }

    /// So many times, by 64 callers.
    private func many(
        _ count: Int, _ call: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let callers = 64
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    for number in stride(from: caller, to: count, by: callers) {
                        try await call(number)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func reserve(
        _ choice: Programme.Choice, _ number: Int, isFenced: Bool, _ orders: Client
    ) async throws -> UUID {
        let hold = world.newID()
        _ = try await orders.call(
            InventoryAPI.reserve,
            ReserveRequest(
                holdId: hold, eventId: choice.eventID, owner: "user:\(number)",
                lines: [HoldLine(ticketTypeId: choice.typeID, quantity: 2)], ttlMs: 1_000,
                purpose: .checkout, fence: isFenced ? Fence(orderId: hold, epoch: 1) : nil))
        return hold
    }

    /// Waits until nothing is held and every fact has been read.
    private func rest(_ shop: Shop) async throws {
        for _ in 0..<60 {
            try await world.scheduler.sleep(ms: 500)
            let verified = try await shop.client(.orders).call(
                OrdersAPI.verifyInvariants, VerifyRequest())
            let held = try await shop.client(.inventory).call(
                InventoryAPI.listHolds, ListHoldsRequest(state: .active, limit: 1))
            if verified.pending == 0, held.holds.isEmpty { return }
        }
        throw BenchError("the day does not end")
    }

    // MARK: What is repeated

    private static let outbox = Day.Table("outbox", number: "seq")

    private static let stores: [(file: String, tables: [Day.Table], totals: [String])] = [
        (
            "inventory.db",
            [
                Day.Table("hold"), Day.Table("hold_pool"),
                Day.Table(
                    "audit", number: "seq", of: "pool_id", running: [("previous_sold", "sold")]),
                outbox,
            ],
            [
                """
                UPDATE pool SET (seq, sold) = (SELECT a.seq, a.sold FROM audit a
                    WHERE a.pool_id = pool.pool_id ORDER BY a.seq DESC LIMIT 1)
                """
            ]
        ),
        (
            "orders.db",
            [
                Day.Table("checkout"), Day.Table("payment_attempt"), Day.Table("saga_step"),
                Day.Table("ticket_order"), Day.Table("order_item"), Day.Table("ticket"), outbox,
            ], []
        ),
        (
            "payments.db",
            [
                Day.Table("payment"), Day.Table("checkout"), Day.Table("refund"),
                Day.Table("ledger_entry"), outbox,
            ],
            [
                // A cursor that had come to the end of a day has come to the end of all.
                "UPDATE feed_cursor SET seq = seq * \(days)"
            ]
        ),
        ("payments.db.sim", [Day.Table("sim_payment"), Day.Table("sim_refund")], []),
    ]
}
