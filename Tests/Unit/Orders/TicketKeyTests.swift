import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Stores
import Support
import Testing

@testable import Orders

/// A ticket's code stays what it was, however often the keys are changed.
@Suite struct TicketKeyTests {
    private static let (first, second) = (
        [UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32)
    )

    private func run(
        _ body: @escaping @Sendable (Database, TestWorld) async throws -> Void
    ) throws {
        let test = TestWorld()
        let stores = try StoreFolder(inMemory: true)
        try test.run {
            let database = try await Database.open(
                stores.location("orders"), migrations: OrdersSchema.migrations, world: test.world,
                mode: .scheduled)
            try await body(database, test)
            await database.close()
        }
    }

    /// Orders starts with these keys.
    private static func start(
        _ database: Database, _ keys: [Int64: [UInt8]], current: Int64? = nil
    ) async throws {
        let mint = TicketMint(TicketKeys(keys, current: current))
        try await TicketKeyChecks(database: database, mint: mint).run()
    }

    private static func sell(_ database: Database, _ test: TestWorld, key: Int64) async throws {
        var checkout = PurchaseRules.checkout(
            Sample.request(id: test.world.newID()), epoch: 1, now: test.clock.now())
        checkout.lines = Sample.hold(checkout, .committing).lines
        checkout.keyNumber = key
        checkout.state = .completed
        checkout.nextRunAt = nil
        let sold = checkout
        try await database.write { batch in
            try batch.insert(sold)
            try batch.insert(OrderRow(sold, try #require(sold.totals)))
        }
    }

    @Test func aKeyThatTicketsNeedMayNotBeMissing() throws {
        try run { database, test in
            // A key that nothing was made with may go.
            try await Self.start(database, [1: Self.first])
            try await Self.start(database, [2: Self.second])
            try await Self.sell(database, test, key: 1)
            let error = await #expect(throws: StorageError.self) {
                try await Self.start(database, [2: Self.second])
            }
            #expect(error?.message.contains("it has no ticket key 1") == true)
            try await Self.start(database, [1: Self.first, 2: Self.second])
            try await Self.sell(database, test, key: 2)
            await #expect(throws: StorageError.self) {
                try await Self.start(database, [1: Self.first])
            }
        }
    }

    /// Rows from before keys had numbers have none.
    @Test func anOrderWithoutANumberIsOfTheFirstKey() throws {
        try run { database, test in
            try await Self.sell(database, test, key: 1)
            _ = try await database.write {
                try $0.execute("UPDATE ticket_order SET key_number = NULL")
                    + $0.execute("UPDATE checkout SET key_number = NULL")
            }
            await #expect(throws: StorageError.self) {
                try await Self.start(database, [2: Self.second])
            }
            let orders = try await database.read {
                try $0.select(OrderRow.self, where: "total_quantity > 0")
            }
            #expect(orders.map(\.keyNumber) == [1])
        }
    }

    @Test func aKeyIsNotReplacedUnderItsNumber() throws {
        try run { database, _ in
            try await Self.start(database, [1: Self.first])
            let error = await #expect(throws: StorageError.self) {
                try await Self.start(database, [1: Self.second])
            }
            #expect(error?.message.contains("ticket key 1 is another") == true)
            // A new one lies in every file before the first order gets it.
            try await Self.start(database, [1: Self.first, 2: Self.second], current: 1)
            try await Self.start(database, [1: Self.first, 2: Self.second])
            await #expect(throws: StorageError.self) {
                try await Self.start(database, [1: Self.first], current: 2)
            }
        }
    }

    /// What an earlier version stored beside a ticket must be its code; a newer one stores nothing.
    @Test func noSecretIsStoredAndAStoredOneMustFit() throws {
        let mint = TicketMint(TicketKeys([1: Self.first, 2: Self.second]))
        var checkout = Sample.firstRows[0]
        checkout.lines = Sample.hold(checkout, .committing).lines
        let ticket = TicketMint.tickets(0..<1, of: checkout)[0]
        #expect(ticket.storedSecret.isEmpty)
        #expect(try mint.made(ticket, key: 1) && mint.made(ticket, key: 2))
        var old = ticket
        old.storedSecret = try mint.secret(ticket.ticketID, key: 1)
        #expect(try mint.made(old, key: 1))
        #expect(try !mint.made(old, key: 2))
    }
}
