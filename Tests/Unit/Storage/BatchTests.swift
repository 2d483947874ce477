import FoundationEssentials
import Lifecycle
import Stores
import Support
import Testing

@testable import Storage

@Suite struct BatchTests {
    static let modes = [Database.Mode.thread, .scheduled]

    @Test(arguments: modes) func rowsAreInsertedFoundUpdatedAndDeleted(_ mode: Database.Mode)
        async throws
    {
        let bed = try Bed()
        try await bed.run(mode) { database in
            let id = bed.test.world.newID()
            try await database.write { batch in
                #expect(try batch.find(PoolRow.self, id) == nil)
                try batch.insert(PoolRow(id, left: 5, note: "first"))
                #expect(try batch.find(PoolRow.self, id)?.left == 5)
            }
            #expect(try await database.pool(id) == PoolRow(id, left: 5, note: "first"))
            try await database.write { try $0.update(PoolRow(id, left: 4)) }
            #expect(try await database.pool(id) == PoolRow(id, left: 4))
            try await database.write { try $0.delete(PoolRow.self, id) }
            #expect(try await database.pool(id) == nil)
        }
    }

    @Test(arguments: modes) func keysOfSeveralColumns(_ mode: Database.Mode) async throws {
        let bed = try Bed()
        try await bed.run(mode) { database in
            let hold = bed.test.world.newID()
            try await database.write { batch in
                for number in Int64(0)..<50 {
                    try batch.insert(LineRow(hold, number, quantity: number))
                }
            }
            try await database.write { batch in
                let key = LineRow.Key(hold: hold, number: 7)
                var line = try #require(try batch.find(LineRow.self, key))
                line.quantity = 70
                try batch.update(line)
            }
            let lines = try await database.read {
                try $0.select(LineRow.self, where: "hold_id = \(hold) ORDER BY number")
            }
            #expect(lines.map(\.quantity) == (0..<50).map { $0 == 7 ? 70 : $0 })
        }
    }

    @Test(arguments: modes) func aCommandThatThrowsLeavesNothing(_ mode: Database.Mode) async throws
    {
        let bed = try Bed()
        try await bed.run(mode) { database in
            let (kept, lost) = (bed.test.world.newID(), bed.test.world.newID())
            try await database.add(PoolRow(kept, left: 5))
            await #expect(throws: Refused.self) {
                try await database.write { batch in
                    try batch.insert(PoolRow(lost, left: 1))
                    try batch.update(PoolRow(kept, left: 1))
                    batch.emit("lost", subject: lost, [])
                    throw Refused()
                }
            }
            #expect(try await database.pool(kept)?.left == 5)
            #expect(try await database.pool(lost) == nil)
            #expect(database.feed.head == 0)
        }
    }

    @Test(arguments: modes) func aQuerySeesWhatTheCommandWrote(_ mode: Database.Mode) async throws {
        let bed = try Bed()
        try await bed.run(mode) { database in
            let id = bed.test.world.newID()
            let sums = try await database.write { batch in
                try batch.insert(PoolRow(id, left: 3))
                try batch.execute("UPDATE pool SET left_over = left_over + \(Int64(2))")
                let found = try batch.find(PoolRow.self, id)?.left
                return try batch.query("SELECT CAST(SUM(left_over) AS BIGINT) FROM pool") {
                    try $0.next(Int64.self)
                } + [found ?? -1]
            }
            #expect(sums == [5, 5])
        }
    }

    @Test(arguments: modes) func missingAndDoubleRowsAreErrors(_ mode: Database.Mode) async throws {
        let bed = try Bed()
        try await bed.run(mode) { database in
            let (id, other) = (bed.test.world.newID(), bed.test.world.newID())
            try await database.add(PoolRow(id, left: 3))
            let attempts: [(StorageError.Code, @Sendable (Batch) throws -> Void)] = [
                (.constraint, { try $0.insert(PoolRow(id, left: 1)) }),
                (
                    .constraint,
                    { batch in
                        _ = try batch.find(PoolRow.self, id)
                        try batch.insert(PoolRow(id, left: 1))
                    }
                ),
                (.constraint, { try $0.update(PoolRow(id, left: -1)) }),
                (.missingRow, { try $0.update(PoolRow(other, left: 1)) }),
                (.missingRow, { try $0.delete(PoolRow.self, other) }),
                (.statement, { try $0.execute("SELECT * FROM nowhere") }),
            ]
            for (code, attempt) in attempts {
                let error = await #expect(throws: StorageError.self) {
                    try await database.write { try attempt($0) }
                }
                #expect(error?.code == code)
            }
            #expect(try await database.pool(id)?.left == 3)
        }
    }

    @Test func aRowIsWrittenOnceABatch() throws {
        let bed = try Bed()
        let (runner, _) = try bed.openRunner()
        let id = bed.test.world.newID()
        let first = command {
            try $0.insert(PoolRow(id, left: 1000))
            return 0
        }
        runner.run([first])
        let before = runner.counters.statements
        let takes = (0..<100).map { _ in
            command { batch in
                var pool = try #require(try batch.find(PoolRow.self, id))
                pool.left -= 1
                try batch.update(pool)
                return pool.left
            }
        }
        runner.run(takes)
        // BEGIN, writer row, one SELECT of the highest key and one of the row, one UPDATE, COMMIT;
        // on PostgreSQL also whose batch it was.
        #expect(runner.counters.statements - before == (StoreFolder.isSQLite ? 6 : 7))
        #expect(try takes.map { try $0.outcome() } == (0..<100).map { 999 - $0 })
        runner.close()
    }

    @Test(.enabled(if: StoreFolder.isSQLite, "a column holds its type"))
    func wrongTypesInTheFileAreErrorsThatNameTheColumn() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let id = bed.test.world.newID()
        try await database.write { batch in
            try batch.execute(
                "INSERT INTO pool (pool_id, left_over, note) VALUES (\(id), \("many"), NULL)")
        }
        let error = await #expect(throws: StorageError.self) { try await database.pool(id) }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("pool: left_over holds text") == true)
        let write = await #expect(throws: StorageError.self) {
            try await database.write { try $0.find(PoolRow.self, id) != nil }
        }
        #expect(write?.code == .corrupt)
        await database.close()
    }
}
