import FoundationEssentials
import Lifecycle
import Stores
import Support
import Synchronization
import Testing

@testable import Storage

/// What becomes of work whose session with PostgreSQL ends.
@Suite(.enabled(if: !StoreFolder.isSQLite)) struct LostSessionTests {
    /// Somebody beside the store, in another schema.
    private func operate(_ bed: Bed) throws -> any Connection {
        try bed.location.engine(bed.test.world.log).connect(.reading)
    }

    /// Ends all sessions of a store but the operator's own.
    private static func end(_ schema: String, by operating: any Connection) throws {
        try operating.run(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = \("turnstile " + schema) AND pid <> pg_backend_pid()
            """)
    }

    private static func schema(_ bed: Bed) -> String {
        if case .postgresql(_, let schema) = bed.location { schema } else { "" }
    }

    @Test func anEndedSessionIsReplaced() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let operating = try operate(bed)
        let id = bed.test.world.newID()
        try await database.add(PoolRow(id, left: 5))
        for left in Int64(0)..<3 {
            try Self.end(Self.schema(bed), by: operating)
            try await database.write { try $0.update(PoolRow(id, left: left)) }
            try Self.end(Self.schema(bed), by: operating)
            #expect(try await database.pool(id)?.left == left)
        }
        operating.close()
        await database.close()
    }

    /// Sessions end at any moment, also while a commit is on its way: what was answered is there,
    /// once, and facts have no gap.
    @Test func nothingIsLostOrDoneTwiceWhileSessionsEnd() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let operating = try operate(bed)
        let answered = Mutex<[Int64]>.Box([])
        let isOver = Mutex<Bool>.Box(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in Int64(0)..<8 {
                group.addTask {
                    var number = writer
                    while !isOver.value.withLock({ $0 }) {
                        let row = number
                        number += 8
                        do {
                            try await database.write { batch in
                                try batch.insert(LineRow(UUID(), row, quantity: row))
                                batch.emit("made", subject: UUID(), [])
                            }
                            answered.value.withLock { $0.append(row) }
                        } catch let error as StorageError where error.code == .busy {}
                    }
                }
            }
            for _ in 0..<40 {
                try await Task.sleep(for: .milliseconds(30))
                try Self.end(Self.schema(bed), by: operating)
            }
            isOver.value.withLock { $0 = true }
            try await group.waitForAll()
        }
        let stored = try await database.read {
            try $0.query("SELECT number FROM line ORDER BY number") { try $0.next(Int64.self) }
        }
        #expect(Set(stored).count == stored.count)
        #expect(Set(answered.value.withLock { $0 }).subtracting(stored).isEmpty)
        let facts = try await database.read {
            try $0.query("SELECT seq FROM outbox ORDER BY seq") { try $0.next(Int64.self) }
        }
        #expect(facts == Array(1...Int64(stored.count)))
        operating.close()
        await database.close()
    }

    /// The server ends either of two that wait for each other: they meet until it is ours.
    @Test func whoIsInADeadlockGoesAgain() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let id = bed.test.world.newID()
        try await database.add(PoolRow(id, left: 0))
        let other = try bed.location.engine(bed.test.world.log).connect(.writing)
        var meetings = Int64(0)
        while meetings < 10, !bed.test.logLines.all.contains(where: { $0.contains("40P01") }) {
            meetings += 1
            try other.begin()
            try other.run("UPDATE pool SET note = 'theirs'")
            async let ours: Void = database.write { batch in
                var pool = try #require(try batch.find(PoolRow.self, id))
                pool.left += 1
                try batch.update(pool)
            }
            var looks = 0
            while looks < 10_000, try !Self.isWaitedFor(other) {
                looks += 1
                try await Task.sleep(for: .milliseconds(1))
            }
            do {
                try other.run("UPDATE writer SET batch = batch + 1")
                try other.commit()
            } catch { other.rollback() }
            try await ours
        }
        #expect(try await database.pool(id)?.left == meetings)
        #expect(bed.test.logLines.all.contains { $0.contains("40P01") })
        other.close()
        await database.close()
    }

    private static func isWaitedFor(_ connection: any Connection) throws -> Bool {
        try connection.query(
            """
            SELECT COUNT(*) FROM pg_locks
            WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
            """
        ) { try $0.next(Int64.self) > 0 }[0]
    }

    @Test func aPlaceThatCannotBeOpenedIsNamedWithoutItsPassword() async throws {
        let world = TestWorld().world
        let server = try #require(StoreFolder.server)
        let places = [
            "postgresql://me:sesame@127.0.0.1:1/turnstile": "127.0.0.1",
            "postgresql://me:sesame@[::1/x": "postgresql://user:password@host",
            "postgresql://me:sesame@host/db?port=sesame%zz": "postgresql://user:password@host",
            server.replacing(/\/\w+(\?|$)/) { "/nowhere\($0.output.1)" }: "nowhere",
        ]
        for (url, word) in places {
            let error = #expect(throws: StorageError.self) {
                try PostgreSQLEngine(url, schema: "x", log: world.log, patienceMs: 0)
                    .connect(.writing)
            }
            #expect(error?.code == .cannotOpen)
            #expect(error?.message.contains("TURNSTILE_DATABASE") == true)
            #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("sesame") == false)
        }
        let old = #expect(throws: StorageError.self) {
            try PostgreSQLSetup.check(version: 130_011)
        }
        #expect(old?.message.contains("PostgreSQL 13") == true)
        try PostgreSQLSetup.check(version: 140_000)
    }
}
