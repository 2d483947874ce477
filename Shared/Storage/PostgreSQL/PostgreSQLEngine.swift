internal import CPostgres
internal import Lifecycle

/// A schema of a PostgreSQL database, which several processes may have open at once.
final class PostgreSQLEngine: Engine {
    static let oldestVersion: Int32 = 14
    /// A server that restarts, or hands over to its standby, is back sooner.
    static let patienceMs: Int64 = 20_000

    let dialect = Dialect.postgresql
    private let address: PostgreSQLAddress
    private let schema: String
    private let patienceMs: Int64
    private let log: Log

    /// `schema` is a word of small letters, digits and `_`. Throws `cannotOpen` for a URL that is
    /// none.
    init(
        _ url: String, schema: String, log: Log, patienceMs: Int64 = PostgreSQLEngine.patienceMs
    ) throws {
        address = try PostgreSQLAddress(url, schema: schema)
        self.schema = schema
        self.log = log
        self.patienceMs = patienceMs
    }

    func connect(_ purpose: ConnectionPurpose) throws -> any Connection {
        let connection = PostgreSQLConnection(self, purpose, dialect, Patience(ms: patienceMs))
        try connection.connect()
        return connection
    }

    func release() {}

    // MARK: One session

    /// Connects once. `connectionLost` when another try may help, `cannotOpen` when none will.
    func openSession(_ era: Int64, isFirst: Bool) throws -> PostgreSQLSession {
        guard
            let handle = address.withOptions({ names, values in
                PQconnectdbParams(names, values, 0)
            })
        else { throw StorageError(.cannotOpen, "no memory for a connection") }
        do {
            guard PQstatus(handle) == CONNECTION_OK else {
                throw StorageError(
                    isFirst && answers() ? .cannotOpen : .connectionLost,
                    "TURNSTILE_DATABASE: \(PostgreSQLSession.message(of: handle))")
            }
            try PostgreSQLSetup(handle, schema: schema, log: isFirst ? log : nil).run()
        } catch {
            PQfinish(handle)
            throw error
        }
        if !isFirst { log.warning("storage_reconnected", ["schema": schema]) }
        return try PostgreSQLSession(handle, era: era)
    }

    /// True when there is a server that takes connections, only not this one.
    private func answers() -> Bool {
        address.withOptions { PQpingParams($0, $1, 0) } == PQPING_OK
    }
}
