import FoundationEssentials
import Lifecycle
import Support
import Synchronization
import Testing

@testable import Storage

@Suite struct IsolationTests {
    private func take(_ id: UUID, _ amount: Int64) -> TestCommand {
        command { batch in
            var pool = try batch.find(PoolRow.self, id) ?? PoolRow(id, left: -1)
            pool.left -= amount
            try batch.update(pool)
            batch.emit("taken", subject: id, [UInt8(amount)])
            if pool.left < 0 { throw Refused() }
            return pool.left
        }
    }

    @Test func aRefusalLeavesItsNeighboursAlone() throws {
        let bed = try Bed()
        let (runner, progress) = try bed.openRunner()
        let id = bed.test.world.newID()
        let make = command {
            try $0.insert(PoolRow(id, left: 10))
            return 0
        }
        let commands = [make, take(id, 4), take(id, 7), take(id, 6), take(id, 1)]
        runner.run(commands)
        #expect(try commands[1].outcome() == 6)
        #expect(throws: Refused.self) { try commands[2].outcome() }
        #expect(try commands[3].outcome() == 0)
        #expect(throws: Refused.self) { try commands[4].outcome() }
        #expect(progress.head == 2)
        #expect(runner.counters.commits == 1 + schemaCommits)
        runner.close()
    }

    /// Own tables, one migration, taking over.
    private let schemaCommits: Int64 = 3

    @Test func whatWasFlushedForAQueryIsUndoneToo() throws {
        let bed = try Bed()
        let (runner, _) = try bed.openRunner()
        let ids = (0..<4).map { _ in bed.test.world.newID() }
        let first = command {
            try $0.insert(PoolRow(ids[0], left: 1, note: "a"))
            return 0
        }
        let refused = command { batch in
            try batch.insert(PoolRow(ids[1], left: 2))
            try batch.update(PoolRow(ids[0], left: 100, note: "b"))
            let sum = try batch.query("SELECT CAST(SUM(left_over) AS BIGINT) FROM pool") {
                try $0.next(Int64.self)
            }
            #expect(sum == [102])
            try batch.execute("DELETE FROM pool WHERE left_over = 2")
            try batch.insert(PoolRow(ids[2], left: 3))
            throw Refused()
        }
        let last = command { batch in
            #expect(try batch.find(PoolRow.self, ids[0]) == PoolRow(ids[0], left: 1, note: "a"))
            #expect(try batch.find(PoolRow.self, ids[1]) == nil)
            #expect(try batch.find(PoolRow.self, ids[2]) == nil)
            try batch.insert(PoolRow(ids[3], left: 4))
            return try batch.query("SELECT CAST(SUM(left_over) AS BIGINT) FROM pool") {
                try $0.next(Int64.self)
            }.first ?? -1
        }
        runner.run([first, refused, last])
        #expect(throws: Refused.self) { try refused.outcome() }
        #expect(try last.outcome() == 5)
        let stored = try runner.read {
            try $0.select(PoolRow.self, where: "1 = 1 ORDER BY left_over")
        }
        #expect(stored.map(\.left) == [1, 4])
        runner.close()
    }

    @Test func oneThatBreaksTheTransactionFailsAlone() throws {
        let bed = try Bed()
        let (runner, progress) = try bed.openRunner()
        let ids = (0..<5).map { _ in bed.test.world.newID() }
        let commands = ids.enumerated().map { index, id in
            // Two rows with the same note break a unique index, which only the flush finds out.
            command { batch in
                try batch.insert(
                    PoolRow(id, left: Int64(index), note: index < 2 ? "same" : "\(index)"))
                batch.emit("made", subject: id, [])
                return Int64(index)
            }
        }
        runner.run(commands)
        #expect(try commands[0].outcome() == 0)
        let error = #expect(throws: StorageError.self) { try commands[1].outcome() }
        #expect(error?.code == .constraint)
        #expect(error?.message.contains("same") == false)
        for index in 2..<5 { #expect(try commands[index].outcome() == Int64(index)) }
        #expect(progress.head == 4)
        let stored = try runner.read {
            try $0.query("SELECT COUNT(*) FROM pool") { try $0.next(Int64.self) }
        }
        #expect(stored == [4])
        runner.close()
    }

    @Test func anErrorThatTheCommandSwallowsStillCounts() throws {
        let bed = try Bed()
        let (runner, _) = try bed.openRunner()
        let id = bed.test.world.newID()
        let swallows = command { batch in
            try batch.insert(PoolRow(id, left: 1))
            _ = try? batch.execute("INSERT INTO pool (pool_id, left_over) VALUES (\(id), 1)")
            return 1
        }
        runner.run([swallows])
        #expect(throws: StorageError.self) { try swallows.outcome() }
        #expect(try runner.read { try $0.find(PoolRow.self, id) } == nil)
        runner.close()
    }

    @Test func undoBringsBackInsertsAndDeletesOfEarlierCommands() throws {
        let bed = try Bed()
        let (runner, _) = try bed.openRunner()
        let id = bed.test.world.newID()
        let make = command {
            try $0.insert(PoolRow(id, left: 1))
            return 0
        }
        let removeAndThrow = command {
            try $0.delete(PoolRow.self, id)
            try $0.insert(PoolRow(id, left: 9))
            throw Refused()
        }
        let remove = command {
            try $0.delete(PoolRow.self, id)
            return 0
        }
        let again = command {
            try $0.insert(PoolRow(id, left: 2))
            return 0
        }
        runner.run([make, removeAndThrow])
        #expect(try runner.read { try $0.find(PoolRow.self, id) }?.left == 1)
        runner.run([remove, removeAndThrow, again])
        #expect(try runner.read { try $0.find(PoolRow.self, id) }?.left == 2)
        runner.run([remove, again, remove])
        #expect(try runner.read { try $0.find(PoolRow.self, id) } == nil)
        runner.close()
    }
}
