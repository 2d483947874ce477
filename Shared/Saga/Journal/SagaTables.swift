public import FoundationEssentials
public import Lifecycle
public import Storage
internal import Text
public import Wire

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
    public struct Key: CompoundKey {
        let sagaID: UUID
        let number: Int64

        public static func walk<Row>(
            _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
        ) -> Self {
            Self(
                sagaID: c("saga_id", it) { get($0).sagaID },
                number: c("number", it) { get($0).number })
        }
    }

    public static let table = TableLayout("saga_step", of: Self.self)

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

    @inline(__always)
    public init(_ c: some ColumnWalk, _ it: Written<Self>) {
        let key = Key.walk(c, it) { $0.key }
        (sagaID, number) = (key.sagaID, key.number)
        position = SagaPosition(
            c("step", it) { $0.position.step }, c("direction", it) { $0.position.direction },
            attempt: c("attempt", it) { $0.position.attempt })
        outcome = c("outcome", it) { $0.outcome }
        result = c("result", it) { $0.result }
        at = c("at", it) { $0.at }
        caller = c("caller", it) { $0.caller }
    }
}

extension SagaDirection: Bindable {
    public static var nothing: SagaDirection { .act }
}

extension SagaPosition {
    /// The columns of a saga's row that say where it stands; nil when it has ended.
    @inline(__always)
    public static func walk<Row>(
        _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> SagaPosition?
    ) -> SagaPosition? {
        let step = c("step", it) { get($0)?.step }
        let direction = c("direction", it) { get($0)?.direction }
        let attempt = c("attempt", it) { get($0)?.attempt }
        return step.map { SagaPosition($0, direction ?? .act, attempt: attempt ?? 0) }
    }
}

struct SagaEpochRow: StoredRow {
    /// The key of the one row, a counter: the highest epoch ever drawn from this database.
    static let all = "all"

    static let table = TableLayout("saga_epoch", of: Self.self)

    let epoch: Int64

    init(epoch: Int64) { self.epoch = epoch }

    var key: ByteText { ByteText(Self.all) }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        _ = c("name", it) { _ in Self.all }
        epoch = c("epoch", it) { $0.epoch }
    }
}
