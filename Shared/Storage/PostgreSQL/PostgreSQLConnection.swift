/// A connection to a PostgreSQL database, which begins a new session when the one before was lost.
final class PostgreSQLConnection: Connection {
    private static let statementsKept = 512

    var counters = EngineCounters()
    private(set) var session: Int64 = 0
    let hasCostlyStatements = true
    private let engine: PostgreSQLEngine
    private let purpose: ConnectionPurpose
    private let dialect: Dialect
    private var reconnectDelay: ReconnectDelay
    private var open: PostgreSQLSession?
    /// By our own SQL.
    private var statements: [String: PostgreSQLStatement] = [:]
    private var statementsMade: Int64 = 0
    private var era: Int64 = 0
    private(set) var isInTransaction = false

    init(
        _ engine: PostgreSQLEngine, _ purpose: ConnectionPurpose, _ dialect: Dialect,
        _ reconnectDelay: ReconnectDelay
    ) {
        self.engine = engine
        self.purpose = purpose
        self.dialect = dialect
        self.reconnectDelay = reconnectDelay
    }

    /// Begins a session, and waits a while for a server that is away.
    func connect() throws {
        open = nil
        isInTransaction = false
        while true {
            do {
                era += 1
                open = try engine.openSession(purpose, era, isFirst: session == 0)
                session += 1
                return reconnectDelay.succeed()
            } catch let error as StorageError where error.code == .connectionLost {
                guard reconnectDelay.pause() else {
                    throw session > 0 ? error : StorageError(.cannotOpen, error.message)
                }
            }
        }
    }

    /// The session, for a statement: one that was lost is not replaced in the middle of a batch.
    func openSession() throws -> PostgreSQLSession {
        guard let open else { throw StorageError(.connectionLost, "there is no session") }
        return open
    }

    func prepare(_ text: String) throws -> any PreparedStatement { statement(text) }

    private func statement(_ text: String) -> PostgreSQLStatement {
        if let known = statements[text] { return known }
        statementsMade += 1
        let statement = PostgreSQLStatement(text, id: statementsMade, self)
        statements[text] = statement
        return statement
    }

    func begin() throws {
        if !isFit { try connect() }
        try forgetStatementsBeyondLimit()
        try enqueue(purpose == .writing ? dialect.beginWriting : dialect.beginReading)
        isInTransaction = true
    }

    private var isFit: Bool {
        guard let open, !open.isLost else { return false }
        return engine.unfit(open, for: purpose) == nil
    }

    func leave() { open = nil }

    func rest(ms: Int64) { ReconnectDelay.sleep(ms: ms) }

    func commit() throws {
        counters.statements += 1
        counters.roundTrips += 1
        try openSession().commit(statement("COMMIT"))
        isInTransaction = false
        guard purpose == .writing else { return }
        counters.commits += 1
        counters.syncs += 1
    }

    func rollback() {
        counters.rollbacks += 1
        guard isInTransaction else { return }
        isInTransaction = false
        do { try openSession().rollback(statement("ROLLBACK")) } catch { open = nil }
    }

    func maintain() {}

    func close() {
        open = nil
        statements.removeAll()
    }

    /// Lists in SQL make texts without end; hot statements are prepared again soon enough.
    private func forgetStatementsBeyondLimit() throws {
        guard statements.count > Self.statementsKept else { return }
        try enqueue("DEALLOCATE ALL")
        statements.removeAll()
        era += 1
        open?.era = era
    }
}
