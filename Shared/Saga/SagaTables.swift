public import FoundationEssentials
public import Lifecycle
public import Storage
internal import Text

/// What every journal keeps beside its own rows: the history of steps, and who drives.
public enum SagaTables {
    /// For the service's first migration.
    public static let schema = """
        CREATE TABLE saga_step (
            saga_id BYTEA NOT NULL, number BIGINT NOT NULL,
            step TEXT NOT NULL, direction TEXT NOT NULL, attempt BIGINT NOT NULL,
            outcome TEXT NOT NULL, result TEXT NOT NULL, at BIGINT NOT NULL,
            PRIMARY KEY (saga_id, number));
        CREATE TABLE saga_epoch (
            name TEXT NOT NULL PRIMARY KEY, epoch BIGINT NOT NULL);
        """

    /// For a later migration: who made a human's step.
    public static let callers = "ALTER TABLE saga_step ADD COLUMN caller TEXT;"

    /// Raises the epoch of all sagas of this database, above the one given too.
    public static func raiseEpoch(above epoch: Int64, _ batch: Batch) throws -> Int64 {
        let before = try batch.find(SagaEpochRow.self, ByteText(SagaEpochRow.all))
        let highest = max(before?.epoch ?? 0, epoch)
        let row = SagaEpochRow(epoch: highest < .max ? highest + 1 : highest)
        if before == nil { try batch.insert(row) } else { try batch.update(row) }
        return row.epoch
    }
}

/// A step that ended, by its place in its saga.
public struct SagaStepRow: StoredRow {
    public struct Key: StoredKey {
        let sagaID: UUID
        let number: Int64

        public func write(to columns: inout ColumnWriter) {
            columns.append(sagaID)
            columns.append(number)
        }
    }

    public static let table = TableLayout(
        "saga_step", key: ["saga_id", "number"],
        columns: [
            "saga_id", "number", "step", "direction", "attempt", "outcome", "result", "at",
            "caller",
        ])

    public let sagaID: UUID
    public let number: Int64
    public let position: SagaPosition
    public let outcome: String
    public let result: String
    public let at: Instant
    /// Whose decision it was; nil when it is the saga's own step.
    public let caller: String?

    public init(
        sagaID: UUID, number: Int64, position: SagaPosition, outcome: String, result: String,
        at: Instant, caller: String? = nil
    ) {
        self.sagaID = sagaID
        self.number = number
        self.position = position
        self.outcome = outcome
        self.result = result
        self.at = at
        self.caller = caller
    }

    public var key: Key { Key(sagaID: sagaID, number: number) }

    public func write(to columns: inout ColumnWriter) {
        columns.append(sagaID)
        columns.append(number)
        columns.append(position.step)
        columns.append(position.direction)
        columns.append(position.attempt)
        columns.append(outcome)
        columns.append(result)
        columns.append(at)
        columns.append(caller)
    }

    public init(from columns: inout ColumnReader) throws {
        sagaID = try columns.next()
        number = try columns.next()
        position = SagaPosition(
            try columns.next(), try columns.next(), attempt: try columns.next())
        outcome = try columns.next()
        result = try columns.next()
        at = try columns.next()
        caller = try columns.next()
    }
}

extension SagaDirection: Bindable {}

struct SagaEpochRow: StoredRow {
    /// There is one row: one runner drives all sagas of a database.
    static let all = "all"

    static let table = TableLayout("saga_epoch", key: ["name"], columns: ["name", "epoch"])

    let epoch: Int64

    init(epoch: Int64) { self.epoch = epoch }

    var key: ByteText { ByteText(Self.all) }

    func write(to columns: inout ColumnWriter) {
        columns.append(Self.all)
        columns.append(epoch)
    }

    init(from columns: inout ColumnReader) throws {
        _ = try columns.next(String.self)
        epoch = try columns.next()
    }
}
