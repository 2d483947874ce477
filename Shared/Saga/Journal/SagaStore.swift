public import FoundationEssentials
public import Lifecycle
public import Storage
import Synchronization

/// The sagas of a kind on disk. Every change is decided over the row as the batch sees it.
public final class SagaStore<Definition: SagaDefinition>: SagaJournal {
    public typealias Row = Definition.Row

    public let isShared: Bool
    private let database: Database
    private let definition: Definition
    private let number = Atomic<Int64>(0)

    public init(_ definition: Definition, in database: Database, isShared: Bool) {
        self.definition = definition
        self.database = database
        self.isShared = isShared
    }

    /// This process's own, which every row bears that it moves.
    public var epoch: Int64 { number.load(ordering: .relaxed) }

    // MARK: What is not the saga's own doing

    /// The row of this id, or a new one.
    ///
    /// - Parameter known: what is made of one that there is.
    public func begin(
        _ id: UUID, _ lane: Lane = .normal, essential: Bool = false,
        new: @escaping @Sendable (_ epoch: Int64, _ now: Instant) throws -> Row,
        known: @escaping @Sendable (Row) throws -> Row
    ) async throws -> (row: Row, isNew: Bool) {
        let epoch = epoch
        return try await database.write(lane, essential: essential) { [definition] batch in
            if let stored = try batch.find(Row.self, id) { return (try known(stored), false) }
            let row = try new(epoch, batch.now)
            try batch.insert(row)
            try definition.record(nil, row, [], batch)
            return (row, true)
        }
    }

    /// Writes a change that somebody else than the saga has made, with a line of the history when
    /// it says what it was.
    public func write(
        _ changed: Row, over before: Row, _ line: SagaLine?, _ batch: Batch
    ) throws -> Row {
        var after = changed
        after.version += 1
        after.take(epoch, since: before)
        if line != nil { after.stepCount += 1 }
        try batch.update(after)
        if let line {
            try batch.insert(
                SagaStepRow(
                    sagaID: after.id, number: after.stepCount,
                    position: after.step ?? SagaPosition("none"), outcome: line.outcome,
                    result: line.result, at: batch.now, caller: line.caller))
        }
        try definition.record(before, after, [], batch)
        return after
    }

    // MARK: SagaJournal

    public func deferred(_ subject: Row, _ report: CallReport<Row>) -> Row? {
        guard report.isDone else { return nil }
        // The commit decides again, at its own time.
        let decision = StepDecision(subject, report, now: subject.createdAt, epoch: epoch)
        return decision.mayDefer ? decision.subject : nil
    }

    public func commit(_ id: UUID, _ reports: [CallReport<Row>]) async throws -> SagaCommit<Row>? {
        let epoch = epoch
        let change: (before: SagaCopy<Row>, commit: SagaCommit<Row>)? = try await database.write(
            .saga, essential: true
        ) { [definition] batch in
            guard let before = try batch.find(Row.self, id) else { return nil }
            var after = before
            var ended: [EndedStep] = []
            var notes: [Row.Notes] = []
            var pauseMs: Int64?
            for (place, report) in reports.enumerated() {
                let decision = StepDecision(
                    after, report, now: batch.now, epoch: epoch,
                    isFollowed: place + 1 < reports.count)
                after = decision.subject
                ended += decision.ended
                notes.append(decision.notes)
                pauseMs = decision.pauseMs
            }
            guard after != before else {
                return (SagaCopy(before), SagaCommit(before, pauseMs: pauseMs))
            }
            after.version += 1
            after.take(epoch, since: before)
            try batch.update(after)
            for (place, step) in ended.enumerated() {
                try batch.insert(
                    SagaStepRow(
                        sagaID: id, number: before.stepCount + Int64(place) + 1,
                        position: step.position, outcome: step.outcome, result: step.result,
                        at: batch.now))
            }
            try definition.record(before, after, notes, batch)
            return (SagaCopy(before), SagaCommit(after, pauseMs: pauseMs))
        }
        guard let change else { return nil }
        definition.committed(change.before.subject, change.commit.copy.subject)
        return change.commit
    }

    public func find(_ id: UUID) async throws -> Row? {
        try await database.read { try $0.find(Row.self, id) }
    }

    public func find(_ ids: [UUID]) async throws -> [FoundSaga<Row>] {
        guard !ids.isEmpty else { return [] }
        return try await database.read { reader in
            try reader.find(Row.self, each: ids).map { FoundSaga($0.key, $0.row) }
        }
    }

    /// Reads by an index of the few open sagas, since most rows are of sagas that have ended.
    public func unfinished(after id: UUID?, limit: Int) async throws -> [UUID] {
        let mine = mine
        let after: SQL = id.map { "AND \(Self.key) > \($0)" } ?? ""
        return try await database.read { reader in
            try reader.query(
                """
                SELECT \(Self.key) FROM \(Self.table)
                WHERE next_run_at IS NOT NULL AND (epoch = 0 OR \(mine)) \(after)
                ORDER BY \(Self.key) LIMIT \(limit)
                """
            ) { try $0.next() }
        }
    }

    public func due(after last: SagaDue?, limit: Int) async throws -> [SagaDue] {
        let mine = mine
        let after: SQL =
            last.map { "AND (next_run_at, \(Self.key)) > (\($0.at), \($0.id))" } ?? ""
        return try await database.read { reader in
            try reader.query(
                """
                SELECT \(Self.key), next_run_at FROM \(Self.table)
                WHERE next_run_at <= \(reader.now) AND (epoch = 0 OR \(mine)) \(after)
                ORDER BY next_run_at, \(Self.key) LIMIT \(limit)
                """
            ) { SagaDue(try $0.next(), at: try $0.next()) }
        }
    }

    /// Changes the one column by a statement: the rest of the row may be unreadable.
    public func leave(_ id: UUID) async throws {
        let mine = mine
        try await database.write(.saga, essential: true) { batch in
            try batch.execute(
                "UPDATE \(Self.table) SET epoch = 0 WHERE \(Self.key) = \(id) AND \(mine)")
        }
    }

    public func claim(_ id: UUID) async throws -> Row? {
        let epoch = epoch
        return try await database.write(.saga, essential: true) { batch in
            guard var row = try batch.find(Row.self, id), row.epoch == 0 else { return nil }
            row.epoch = 0 - epoch
            try batch.update(row)
            return row
        }
    }

    public func lease(_ held: Int64?, above seen: Int64) async throws -> SagaLease {
        let lease = try await database.write(.saga, essential: true) { [isShared] batch in
            try SagaTables.lease(
                held, of: Definition.kind, above: seen, isAlone: !isShared, batch)
        }
        number.store(lease.epoch, ordering: .relaxed)
        return lease
    }

    /// Rows that this process drives. Those that it has claimed from another bear its epoch below
    /// zero.
    public var mine: SQL {
        """
        epoch IN (SELECT epoch FROM saga_lease WHERE owner = \(epoch)
            UNION ALL SELECT -epoch FROM saga_lease WHERE owner = \(epoch))
        """
    }

    private static var table: SQL { Row.table.sql }
    private static var key: SQL { Row.table.keySQL }
}

/// A line of a saga's history that is not the saga's own.
public struct SagaLine: Sendable {
    let outcome: String
    let result: String
    /// Who it was; nil for another service.
    let caller: String?

    public init(_ outcome: String, because result: String, by caller: String? = nil) {
        self.outcome = outcome
        self.result = result
        self.caller = caller
    }
}
