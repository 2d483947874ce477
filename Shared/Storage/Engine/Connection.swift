/// What Storage needs of a database engine: connections that prepare, begin and commit. All that
/// is special to SQLite or to PostgreSQL lies behind it.
protocol Engine: Sendable {
    var dialect: Dialect { get }
    /// A connection to a database that was checked to be sound.
    func connect(_ purpose: ConnectionPurpose) throws -> any Connection
    /// Lets another process have the database.
    func release()
}

enum ConnectionPurpose: Sendable {
    case writing, reading
}

/// One connection, used by one thread at a time. Errors are `StorageError`s.
protocol Connection: AnyObject {
    /// A statement from the cache of this connection, or a new one.
    func prepare(_ text: String) throws -> any PreparedStatement
    /// Connects again when the session before was lost.
    func begin() throws
    /// `unknownCommit` when the session was lost meanwhile, `inputOutput` when the disk failed.
    func commit() throws
    /// Never fails: a transaction that cannot be rolled back dies with its connection.
    func rollback()
    /// Gives the session up, whose server is not the right one: `begin` connects again.
    func leave()
    /// Pauses before a server that is away is asked once more.
    func rest(ms: Int64)
    /// Work between commits that no answer waits for.
    func maintain()
    var counters: EngineCounters { get }
    /// The number of the session, which rises when it was lost and another one began.
    var session: Int64 { get }
    /// A statement takes longer than one more row in it.
    var hasCostlyStatements: Bool { get }
    func close()
}

protocol PreparedStatement: AnyObject {
    /// Runs to the end, each row passing through `onRow`; gives the number of rows changed.
    @discardableResult
    func run(_ values: ColumnWriter, onRow: (any ResultRow) throws -> Void) throws -> Int
    /// Runs the statement before any later one, but may send it with them: its error then shows at
    /// a later statement, at the commit at the latest. `missingRow` when another number of rows was
    /// changed.
    func enqueue(_ values: ColumnWriter, changing rows: Int?) throws
}

extension PreparedStatement {
    @discardableResult
    func run(_ values: ColumnWriter) throws -> Int { try run(values) { _ in } }
}

extension Connection {
    @discardableResult
    func run(_ sql: SQL, onRow: (any ResultRow) throws -> Void = { _ in }) throws -> Int {
        try prepare(sql.text).run(sql.values, onRow: onRow)
    }

    /// Runs a statement without values, perhaps not at once.
    func enqueue(_ text: String) throws { try prepare(text).enqueue(ColumnWriter(), changing: nil) }

    func query<Value>(
        _ sql: SQL, _ read: (inout ColumnReader) throws -> Value
    ) throws -> [Value] {
        let text = sql.text
        var values: [Value] = []
        try prepare(text).run(sql.values) { row in
            var reader = ColumnReader(row, source: text)
            values.append(try read(&reader))
        }
        return values
    }
}

/// What a connection did so far.
struct EngineCounters: Sendable {
    var statements: Int64 = 0
    var commits: Int64 = 0
    var rollbacks: Int64 = 0
    /// Waits for the disk: one a commit, two or three a checkpoint.
    var syncs: Int64 = 0
    var checkpoints: Int64 = 0
    /// Waits for an answer over the network.
    var roundTrips: Int64 = 0

    static func + (left: EngineCounters, right: EngineCounters) -> EngineCounters {
        EngineCounters(
            statements: left.statements + right.statements, commits: left.commits + right.commits,
            rollbacks: left.rollbacks + right.rollbacks, syncs: left.syncs + right.syncs,
            checkpoints: left.checkpoints + right.checkpoints,
            roundTrips: left.roundTrips + right.roundTrips)
    }
}
