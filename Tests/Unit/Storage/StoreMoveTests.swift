import FoundationEssentials
import Lifecycle
import Stores
import Support
import Testing

@testable import Storage

/// From an SQLite file to PostgreSQL, once and completely.
@Suite(.enabled(if: !StoreFolder.isSQLite)) struct StoreMoveTests {
    private static func move(_ bed: Bed) throws -> StoreMove {
        try StoreMove(
            from: file(bed), to: bed.location, migrations: testSchema, world: bed.test.world)
    }

    private static func file(_ bed: Bed) -> DatabaseLocation {
        .file("\(bed.directory.path)/old.db")
    }

    private static func open(_ place: DatabaseLocation, _ bed: Bed) async throws -> Database {
        try await Database.open(place, migrations: testSchema, world: bed.test.world)
    }

    /// A store with a history, in a file.
    private static func fill(_ bed: Bed) async throws -> (feed: UUID, pools: [PoolRow]) {
        let old = try await open(file(bed), bed)
        let pools = (Int64(0)..<200).map { number in
            PoolRow(
                bed.test.world.newID(), left: number,
                note: number % 3 == 0 ? nil : "Zoë \(number) 😀")
        }
        try await old.write { batch in
            for pool in pools {
                try batch.insert(pool)
                batch.emit("made", subject: pool.key, [0, 255])
            }
            for number in Int64(0)..<70 {
                try batch.insert(LineRow(pools[0].key, number, quantity: 1))
            }
        }
        let feed = old.feed.id
        await old.close()
        return (feed, pools)
    }

    @Test func everyRowArrivesAndTheHistoryGoesOn() async throws {
        let bed = try Bed()
        let (feed, pools) = try await Self.fill(bed)
        var told: [StoreMove.Table] = []
        let tables = try #require(try Self.move(bed).run { told.append($0) })
        #expect(told == tables)
        let rows = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, $0.rows) })
        #expect(rows["pool"] == 200 && rows["line"] == 70 && rows["outbox"] == 200)
        let new = try await Self.open(bed.location, bed)
        #expect(new.feed.id == feed && new.feed.head == 200)
        for pool in pools { #expect(try await new.pool(pool.key) == pool) }
        try await new.write { $0.emit("next", subject: UUID(), []) }
        #expect(try await new.feed.facts(after: 200, limit: 9).map(\.seq) == [201])
        await new.close()
    }

    /// A row that a migration makes, and the service counts on with it, is made on both sides.
    @Test func whatAMigrationMadeArrivesAsItIsByNow() async throws {
        let bed = try Bed()
        let made = Migration(
            2,
            """
            CREATE TABLE tally (id BIGINT NOT NULL PRIMARY KEY, count BIGINT NOT NULL);
            INSERT INTO tally (id, count) VALUES (1, 0);
            """)
        let schema = testSchema + [made]
        let old = try await Database.open(
            Self.file(bed), migrations: schema, world: bed.test.world)
        try await old.write { _ = try $0.execute("UPDATE tally SET count = 7 WHERE id = 1") }
        await old.close()
        let tables = try StoreMove(
            from: Self.file(bed), to: bed.location, migrations: schema, world: bed.test.world
        ).run { _ in }
        #expect(tables?.first { $0.name == "tally" }?.rows == 1)
        let new = try await Database.open(
            bed.location, migrations: schema, world: bed.test.world)
        let count = try await new.read {
            try $0.query("SELECT count FROM tally") { try $0.next(Int64.self) }
        }
        #expect(count == [7])
        await new.close()
    }

    /// Else both would sell the same tickets.
    @Test func theFileIsClosedForGood() async throws {
        let bed = try Bed()
        _ = try await Self.fill(bed)
        _ = try Self.move(bed).run { _ in }
        let error = await #expect(throws: StorageError.self) {
            try await Self.open(Self.file(bed), bed)
        }
        #expect(error?.message.contains("moved to PostgreSQL") == true)
        #expect(try Self.move(bed).run { _ in Issue.record("copied again") } == nil)
    }

    /// A crash before the end leaves nothing behind, and the next run does it all.
    @Test func whatWasInterruptedIsBegunAgain() async throws {
        let bed = try Bed()
        _ = try await Self.fill(bed)
        let move = try Self.move(bed)
        for table in ["line", "outbox", "pool"] {
            #expect(throws: StorageError.self) {
                try move.run(failingAfter: table)
            }
        }
        let tables = try #require(try move.run { _ in })
        #expect(tables.first { $0.name == "pool" }?.rows == 200)
    }

    @Test func anotherStoreIsNotOverwritten() async throws {
        let bed = try Bed()
        _ = try await Self.fill(bed)
        let other = try await Self.open(bed.location, bed)
        try await other.add(PoolRow(bed.test.world.newID(), left: 1))
        await other.close()
        let error = #expect(throws: StorageError.self) { try Self.move(bed).run { _ in } }
        #expect(error?.message.contains("another store") == true)
        // And the old one goes on.
        await (try Self.open(Self.file(bed), bed)).close()
    }

    @Test func aRunningServiceKeepsItsFile() async throws {
        let bed = try Bed()
        _ = try await Self.fill(bed)
        let old = try await Self.open(Self.file(bed), bed)
        let error = #expect(throws: StorageError.self) { try Self.move(bed).run { _ in } }
        #expect(error?.code == .inUse)
        await old.close()
    }

    @Test func onlyAFileMoves() throws {
        let bed = try Bed()
        let missing = DatabaseLocation.file("\(bed.directory.path)/missing.db")
        for (from, to) in [(missing, bed.location), (bed.location, Self.file(bed))] {
            #expect(throws: StorageError.self) {
                try StoreMove(from: from, to: to, migrations: testSchema, world: bed.test.world)
            }
        }
    }
}

extension StoreMove {
    /// Ends as a lost connection would, once a table is copied.
    fileprivate func run(failingAfter table: String) throws {
        _ = try run { copied in
            guard copied.name == table else { return }
            throw StorageError(.connectionLost, "as planned")
        }
    }
}
