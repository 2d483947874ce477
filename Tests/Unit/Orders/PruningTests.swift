import Contracts
import FoundationEssentials
import Lifecycle
import Saga
import Storage
import Stores
import Support
import Testing

@testable import Orders

@Suite struct PruningTests {
    /// A checkout that ended now, with one step of history.
    private func ended(
        _ state: CheckoutState, _ test: TestWorld, in database: Database
    ) async throws -> UUID {
        var checkout = PurchaseRules.checkout(
            Sample.request(id: test.world.newID()), epoch: 1, now: test.clock.now())
        checkout.state = state
        checkout.endedAt = test.clock.now()
        checkout.nextRunAt = nil
        let row = checkout
        try await database.write { batch in
            try batch.insert(row)
            try batch.insert(
                SagaStepRow(
                    sagaID: row.id, number: 1, position: SagaPosition(CheckoutStep.reserve),
                    outcome: "REFUSED", result: "-", at: batch.now))
        }
        return row.id
    }

    @Test func whatNeverHadStockIsForgottenAfterAWeek() throws {
        let test = TestWorld()
        let stores = try StoreFolder(inMemory: true)
        try test.run {
            let database = try await Database.open(
                stores.location("orders"), migrations: OrdersSchema.migrations, world: test.world,
                mode: .scheduled)
            let peers = OrdersService.Peers(inventory: Nobody(), payments: Nobody())
            let service = try await OrdersService(
                world: test.world, database: database, peers: peers, readers: peers,
                ticketKeys: TicketKeys([1: [UInt8](repeating: 3, count: 32)]))
            let old = try await ended(.rejected, test, in: database)
            var kept: [UUID] = []
            for state in [CheckoutState.cancelled, .expired, .refunded, .completed] {
                kept.append(try await ended(state, test, in: database))
            }
            try await test.scheduler.sleep(ms: Housekeeping.keptMs)
            kept.append(try await ended(.rejected, test, in: database))
            func ids(_ table: SQL) async throws -> [UUID] {
                try await database.read { reader in
                    try reader.query(table) { try $0.next(UUID.self) }
                }.sorted()
            }
            let (checkouts, steps): (SQL, SQL) = (
                "SELECT checkout_id FROM checkout", "SELECT saga_id FROM saga_step"
            )
            try await service.housekeeping.prune()
            #expect(try await ids(checkouts) == ([old] + kept).sorted())
            try await test.scheduler.sleep(ms: 1)
            #expect(try await service.housekeeping.prune() == 1)
            #expect(try await ids(checkouts) == kept.sorted())
            #expect(try await ids(steps) == kept.sorted())
        }
    }
}
