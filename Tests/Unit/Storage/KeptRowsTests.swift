import FoundationEssentials
import Stores
import Support
import Synchronization
import Testing

@testable import Storage

/// Rows outlive the batch that touched them, as long as they are what is stored.
@Suite struct KeptRowsTests {
    private static let id = UUID()

    private func left(_ id: UUID = id) -> TestCommand {
        command { try $0.find(PoolRow.self, id)?.left ?? -1 }
    }

    /// What a batch costs that does nothing: begin, the writer row, commit.
    /// On PostgreSQL also: that it was this instance's.
    private static let emptyBatch: Int64 = StoreFolder.isSQLite ? 3 : 4

    private func statements(_ runner: BatchRunner, _ commands: [TestCommand]) -> Int64 {
        let before = runner.counters.statements
        runner.run(commands)
        return runner.counters.statements - before
    }

    @Test func aRowIsLoadedOnceForManyBatches() throws {
        let bed = try Bed()
        defer { withExtendedLifetime(bed) {} }
        let (runner, _) = try bed.openRunner()
        runner.run([
            command {
                try $0.insert(PoolRow(Self.id, left: 5)); return 0
            }
        ])
        _ = statements(runner, [left()])
        let again = left()
        #expect(statements(runner, [again]) == Self.emptyBatch)
        #expect(try again.outcome() == 5)
    }

    @Test func whatAnotherOwnerWroteIsSeen() throws {
        let file = Mutex<(any Engine)?>(nil)
        let bed = try Bed()
        defer { withExtendedLifetime(bed) {} }
        let (runner, _) = try bed.openRunner { engine in
            file.withLock { $0 = engine }
            return engine
        }
        runner.run([
            command {
                try $0.insert(PoolRow(Self.id, left: 5)); return 0
            }
        ])
        runner.run([left()])
        let other = try #require(try file.withLock { try $0?.connect(.writing) })
        try other.run("UPDATE pool SET left_over = 3")
        try other.run(
            """
            INSERT INTO outbox (seq, at, kind, subject, body)
            VALUES (1, 0, 'theirs', \(Self.id), \([UInt8]()))
            """)
        try other.run("UPDATE writer SET batch = batch + 1, feed = 1")
        other.close()
        let seen = command { batch in
            batch.emit("ours", subject: Self.id, [])
            return try batch.find(PoolRow.self, Self.id)?.left ?? 0
        }
        runner.run([seen])
        #expect(try seen.outcome() == 3)
        let kinds = try runner.read { reader in
            try reader.query("SELECT kind FROM outbox ORDER BY seq") { try $0.next(String.self) }
        }
        #expect(kinds == ["theirs", "ours"])
    }

    @Test func aKeyAboveAllStoredOnesIsNotLookedUp() throws {
        let ids = (0..<4).map { _ in UUID() }.sorted()
        let engine = Mutex<(any Engine)?>(nil)
        let bed = try Bed()
        defer { withExtendedLifetime(bed) {} }
        let (runner, _) = try bed.openRunner { opened in
            engine.withLock { $0 = opened }
            return opened
        }
        runner.run([
            command {
                try $0.insert(PoolRow(ids[1], left: 5)); return 0
            }
        ])
        // Once for the table, and then for each key below the highest.
        #expect(statements(runner, [left(ids[0])]) == Self.emptyBatch + 2)
        #expect(statements(runner, [left(ids[2])]) == Self.emptyBatch)
        runner.run([
            command {
                try $0.insert(PoolRow(ids[2], left: 7)); return 0
            }
        ])
        let seen = left(ids[2])
        #expect(statements(runner, [seen]) == Self.emptyBatch)
        #expect(try seen.outcome() == 7)
        // What another owner wrote may be above.
        let other = try #require(try engine.withLock { try $0?.connect(.writing) })
        try other.run("INSERT INTO pool (pool_id, left_over) VALUES (\(ids[3]), 9)")
        try other.run("UPDATE writer SET batch = batch + 1")
        other.close()
        let theirs = left(ids[3])
        runner.run([theirs])
        #expect(try theirs.outcome() == 9)
    }

    @Test func idsHaveTheOrderOfTheDatabase() {
        for _ in 0..<1_000 {
            let (one, other) = (UUID(), UUID())
            let bytes = [one, other].map { id in withUnsafeBytes(of: id.uuid) { Array($0) } }
            #expect((one < other) == bytes[0].lexicographicallyPrecedes(bytes[1]))
        }
    }

    @Test func aBatchThatFailsLeavesNothingBehind() throws {
        let bed = try Bed()
        defer { withExtendedLifetime(bed) {} }
        let (runner, _) = try bed.openRunner()
        runner.run([
            command {
                try $0.insert(PoolRow(Self.id, left: 5)); return 0
            }
        ])
        let guilty = command { batch in
            try batch.update(PoolRow(Self.id, left: -2))
            return 0
        }
        runner.run([guilty])
        #expect(throws: StorageError.self) { try guilty.outcome() }
        let seen = left()
        runner.run([seen])
        #expect(try seen.outcome() == 5)
    }

    @Test func whatIsUsedStaysAndTheRestGoes() throws {
        let bed = try Bed()
        defer { withExtendedLifetime(bed) {} }
        let (runner, _) = try bed.openRunner()
        let ids = (0..<1_600).map { _ in UUID() }
        for start in stride(from: 0, to: ids.count, by: 100) {
            let inserts = ids[start..<(start + 100)].map { id in
                command { batch in
                    try batch.insert(PoolRow(id, left: 1))
                    return 0
                }
            }
            runner.run(inserts + [left(ids[0])])
        }
        #expect(statements(runner, [left(ids[0])]) == Self.emptyBatch)
        #expect(statements(runner, [left(ids[1_599])]) == Self.emptyBatch)
        // Loaded, once it is known that there are keys as high.
        #expect(statements(runner, [left(ids[1])]) == Self.emptyBatch + 2)
    }
}
