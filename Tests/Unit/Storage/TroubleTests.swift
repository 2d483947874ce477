import FoundationEssentials
import Lifecycle
import Stores
import Support
import Synchronization
import Testing

@testable import Storage

/// A connection whose commits go wrong on demand.
private final class FaultyEngine: Engine {
    enum Fault: Sendable {
        case none, answerLost, commitLost, diskFailed
    }

    var dialect: Dialect { real.dialect }
    let real: any Engine
    let faults: Mutex<[Fault]>

    init(_ real: any Engine) {
        self.real = real
        faults = Mutex([])
    }

    func plan(_ planned: [Fault]) { faults.withLock { $0 = planned } }

    func connect(_ purpose: ConnectionPurpose) throws -> any Connection {
        FaultyConnection(try real.connect(purpose), self)
    }

    func release() { real.release() }
}

private final class FaultyConnection: Connection {
    var hasCostlyStatements: Bool { real.hasCostlyStatements }
    private let real: any Connection
    private let engine: FaultyEngine

    init(_ real: any Connection, _ engine: FaultyEngine) {
        self.real = real
        self.engine = engine
    }

    func prepare(_ text: String) throws -> any PreparedStatement { try real.prepare(text) }
    func begin() throws { try real.begin() }
    func rollback() { real.rollback() }
    func leave() { real.leave() }
    func rest(ms: Int64) { real.rest(ms: ms) }
    func maintain() { real.maintain() }
    var counters: EngineCounters { real.counters }
    var session: Int64 { real.session }
    func close() { real.close() }

    func commit() throws {
        let fault = engine.faults.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        switch fault {
        case nil, .some(.none): try real.commit()
        case .answerLost:
            try real.commit()
            throw StorageError(.unknownCommit, "the answer was lost")
        case .commitLost:
            real.rollback()
            throw StorageError(.unknownCommit, "the commit was lost")
        case .diskFailed:
            throw StorageError(.inputOutput, "the disk failed")
        }
    }
}

@Suite struct TroubleTests {
    private func make(_ id: UUID) -> TestCommand {
        command { batch in
            try batch.insert(PoolRow(id, left: 1))
            batch.emit("made", subject: id, [])
            return 1
        }
    }

    private struct Faulty {
        let bed: Bed
        let engine: FaultyEngine
        let runner: BatchRunner
        let progress: Progress
        let fatal: Mutex<[StorageError.Code]>.Box

        init() throws {
            bed = try Bed()
            let box = Mutex<FaultyEngine?>.Box(nil)
            let fatal = Mutex<[StorageError.Code]>.Box([])
            (runner, progress) = try bed.openRunner(
                engine: { real in
                    let engine = FaultyEngine(real)
                    box.value.withLock { $0 = engine }
                    return engine
                }, onFatal: { error in fatal.value.withLock { $0.append(error.code) } })
            engine = try #require(box.value.withLock { $0 })
            self.fatal = fatal
        }

        func stored() throws -> Int64? {
            try runner.read {
                try $0.query("SELECT COUNT(*) FROM pool") { try $0.next(Int64.self) }
            }.first
        }
    }

    @Test func aCommitWhoseAnswerWasLostIsNotDoneTwice() throws {
        let faulty = try Faulty()
        let commands = (0..<3).map { _ in make(faulty.bed.test.world.newID()) }
        faulty.engine.plan([.answerLost])
        faulty.runner.run(commands)
        #expect(try commands.map { try $0.outcome() } == [1, 1, 1])
        #expect(try faulty.stored() == 3)
        #expect(faulty.progress.head == 3)
        faulty.runner.close()
    }

    @Test func aCommitThatWasLostIsDoneAgain() throws {
        let faulty = try Faulty()
        let commands = (0..<3).map { _ in make(faulty.bed.test.world.newID()) }
        faulty.engine.plan([.commitLost, .commitLost])
        faulty.runner.run(commands)
        #expect(try commands.map { try $0.outcome() } == [1, 1, 1])
        #expect(try faulty.stored() == 3)
        #expect(faulty.progress.head == 3)
        faulty.runner.close()
    }

    @Test func commitsThatAreLostAgainAndAgainAreGivenUp() throws {
        let faulty = try Faulty()
        let one = make(faulty.bed.test.world.newID())
        // PostgreSQL's engine settles each by a commit of its own.
        let settled: [FaultyEngine.Fault] = StoreFolder.isSQLite ? [] : [.none]
        faulty.engine.plan((0..<4).flatMap { _ in [.commitLost] + settled })
        faulty.runner.run([one])
        let error = #expect(throws: StorageError.self) { try one.outcome() }
        #expect(error?.code == .busy)
        #expect(try faulty.stored() == 0)
        faulty.runner.close()
    }

    @Test func aFailedDiskStopsTheProcess() throws {
        let faulty = try Faulty()
        let (one, later) = (
            make(faulty.bed.test.world.newID()), make(faulty.bed.test.world.newID())
        )
        faulty.engine.plan([.diskFailed])
        faulty.runner.run([one])
        #expect(faulty.fatal.value.withLock { $0 } == [.inputOutput])
        let error = #expect(throws: StorageError.self) { try one.outcome() }
        guard case .unknownOutcome = error?.fault else {
            Issue.record("a commit that failed on the disk may have happened")
            return
        }
        faulty.runner.run([later])
        #expect(throws: StorageError.self) { try later.outcome() }
        faulty.runner.close()
    }

    @Test(.enabled(if: StoreFolder.isSQLite)) func anOwnerThatWasReplacedIsFenced() throws {
        let faulty = try Faulty()
        let takeOver = command {
            try $0.execute("UPDATE writer SET epoch = epoch + 1")
            return 0
        }
        let late = make(faulty.bed.test.world.newID())
        faulty.runner.run([takeOver])
        faulty.runner.run([late])
        let error = #expect(throws: StorageError.self) { try late.outcome() }
        #expect(error?.code == .fenced)
        #expect(faulty.fatal.value.withLock { $0 } == [.fenced])
        faulty.runner.close()
    }

    @Test(.enabled(if: StoreFolder.isSQLite)) func aFullDiskIsRolledBackAndNamed() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let id = bed.test.world.newID()
        try await database.add(PoolRow(id, left: 5))
        try await database.write { batch in
            let pages = try batch.query("PRAGMA page_count") { try $0.next(Int64.self) }.first ?? 0
            _ = try batch.query("PRAGMA max_page_count(30)") { try $0.next(Int64.self) }
            #expect(pages < 30)
        }
        let big = await #expect(throws: StorageError.self) {
            try await database.write { batch in
                try batch.update(PoolRow(id, left: 4))
                for index in 0..<2000 {
                    try batch.insert(
                        PoolRow(bed.test.world.newID(), left: 1, note: "\(index) of too many"))
                }
            }
        }
        #expect(big?.code == .storageFull)
        #expect(try await database.pool(id)?.left == 5)
        // The disk counts as full until it has been looked at again; what gives stock back passes.
        let small = await #expect(throws: StorageError.self) {
            try await database.write { try $0.update(PoolRow(id, left: 3)) }
        }
        #expect(small?.code == .storageFull)
        try await database.write(essential: true) { try $0.update(PoolRow(id, left: 6)) }
        #expect(try await database.pool(id)?.left == 6)
        bed.test.scheduler.advance(ms: 1001)
        try await database.write { try $0.update(PoolRow(id, left: 7)) }
        await database.close()
    }
}

extension Mutex where Value: Sendable {
    /// A mutex that several closures share.
    final class Box: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }
}
