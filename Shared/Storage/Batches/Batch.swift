public import FoundationEssentials
public import Lifecycle

/// One write transaction that holds many commands (group commit), as the command that runs in it
/// sees it: rows by key, loaded once and written once, and facts for the feed.
///
/// A command loads rows, decides, then writes. When it throws, its part is undone and its
/// neighbours are unaffected. It may be run again, so it touches nothing but the batch.
public final class Batch {
    /// The time of every decision in this batch; it never goes back, whatever the wall clock does.
    ///
    /// That is, unless the clock itself was wrong and is set right: then it begins anew where the
    /// right time is, while facts are not dated before those that are there.
    public let now: Instant
    private let factsAt: Instant

    /// The first error of the engine: the whole transaction is then run again, each command alone.
    private(set) var failure: StorageError?

    private let connection: any Connection
    private let caches: RowCaches
    private(set) var facts: [Fact] = []
    private var factsBeforeCommand = 0
    /// Subjects of which what is kept in memory elsewhere is old once this is committed.
    private(set) var touched: [UUID] = []
    private var touchedBeforeCommand = 0
    private var hasSavepoint = false

    init(_ connection: any Connection, _ caches: RowCaches, now: Instant, factsAt: Instant) {
        self.connection = connection
        self.caches = caches
        self.now = now
        self.factsAt = factsAt
    }

    // MARK: Rows

    /// The row with this key: from this batch when it was touched, else as stored.
    public func find<Row: StoredRow>(_: Row.Type, _ key: Row.Key) throws -> Row? {
        try noting { try caches.of(Row.self).find(key) }
    }

    /// Adds a row. An existing key, when it is not known to the batch, fails at the flush.
    public func insert<Row: StoredRow>(_ row: Row) throws { try caches.of(Row.self).insert(row) }

    /// Replaces the row that has this row's key.
    public func update<Row: StoredRow>(_ row: Row) throws { try caches.of(Row.self).update(row) }

    public func delete<Row: StoredRow>(_: Row.Type, _ key: Row.Key) throws {
        try caches.of(Row.self).delete(key)
    }

    /// Rows that match, in the order that the condition asks for (`hold_id = … ORDER BY …`). All
    /// that the batch has written so far is seen; the rows are known to the batch from then on.
    public func select<Row: StoredRow>(_: Row.Type, where condition: SQL) throws -> [Row] {
        let table = Row.table
        try flushForStatement()
        return try noting {
            let cache = caches.of(Row.self)
            var rows: [Row] = []
            try connection.run(table.select(condition)) { row in
                var reader = ColumnReader(row, source: table.name, columns: table.columns)
                rows.append(try Row.stored(in: &reader))
            }
            for row in rows { cache.enter(row) }
            return rows
        }
    }

    /// Any query, each row read column by column. All that the batch has written is seen.
    public func query<Value>(
        _ sql: SQL, _ read: (inout ColumnReader) throws -> Value
    ) throws -> [Value] {
        try flushForStatement()
        return try noting { try connection.query(sql, read) }
    }

    /// Any statement, for what rows by key cannot say; gives the number of rows changed. Rows that
    /// the batch knew are loaded again when they are next asked for.
    @discardableResult
    public func execute(_ sql: SQL) throws -> Int {
        try noting { try openSavepoint() }
        try flushForStatement()
        return try noting {
            defer { caches.forgetClean() }
            return try connection.run(sql)
        }
    }

    /// Adds a fact to the feed. Its number is given when the batch ends, without gaps.
    public func emit(_ kind: String, subject: UUID, _ body: [UInt8]) {
        facts.append(Fact(seq: 0, at: factsAt, kind: kind, subject: subject, body: body))
    }

    /// Says that something about a subject has changed, to whoever keeps it in memory
    /// (`Database.onChange`).
    public func touch(_ subject: UUID) {
        if touched.last != subject { touched.append(subject) }
    }

    // MARK: One command after the other

    /// Keeps what the command did.
    func keepCommand() throws {
        if hasSavepoint { try noting { try connection.enqueue("RELEASE SAVEPOINT command") } }
        hasSavepoint = false
        caches.keepCommand()
        factsBeforeCommand = facts.count
        touchedBeforeCommand = touched.count
    }

    /// Undoes what the command did.
    func undoCommand() throws {
        if hasSavepoint {
            try noting {
                try connection.enqueue("ROLLBACK TO SAVEPOINT command")
                try connection.enqueue("RELEASE SAVEPOINT command")
            }
            // Rows loaded since may show what was rolled back; those of earlier commands that
            // are not stored yet come back from the undo log.
            caches.forgetClean()
        }
        hasSavepoint = false
        caches.undoCommand()
        facts.removeSubrange(factsBeforeCommand...)
        touched.removeSubrange(touchedBeforeCommand...)
    }

    /// Writes all that is left.
    func flush() throws { try noting { try caches.flush(undoable: false) } }

    /// Before a statement that is not by key. When the command itself has written, its part is put
    /// behind a savepoint, because from here on the undo log alone cannot take it back.
    private func flushForStatement() throws {
        try noting {
            if caches.commandHasChanges { try openSavepoint() }
            try caches.flush(undoable: hasSavepoint)
        }
    }

    private func openSavepoint() throws {
        guard !hasSavepoint else { return }
        try connection.enqueue("SAVEPOINT command")
        hasSavepoint = true
    }

    private func noting<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as StorageError where error.code != .corrupt {
            if failure == nil { failure = error }
            throw error
        }
    }
}
