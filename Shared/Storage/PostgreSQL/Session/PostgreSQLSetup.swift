internal import CPostgres
internal import Lifecycle

/// What is done once in every new session, before its pipeline begins: its settings, and whether
/// the server keeps what it commits.
struct PostgreSQLSetup {
    private let handle: OpaquePointer
    private let schema: String
    /// Nil in a session after the first, which says nothing twice.
    private let log: Log?

    init(_ handle: OpaquePointer, schema: String, log: Log?) {
        self.handle = handle
        self.schema = schema
        self.log = log
    }

    /// Whom the session is with.
    struct Server {
        /// The number of the server's history.
        let timeline: Int64
        /// The process that serves the session, which no other session has at the same time.
        let backend: String
    }

    func run() throws -> Server {
        try Self.check(version: PQserverVersion(handle))
        let server = try server()
        try check()
        try makeSchema()
        // Who hangs in the middle of a batch has the row that all others wait for. What is looked
        // for regularly is in memory, so that an index is no dearer in a table that has just grown
        // and of which the planner knows nothing yet.
        _ = try query(
            """
            SET search_path = \(schema); SET idle_in_transaction_session_timeout = 5000;
            SET lock_timeout = 10000; SET statement_timeout = 0; SET random_page_cost = 1.1;
            SET default_transaction_isolation = 'read committed'
            """)
        return server
    }

    /// Throws `connectionLost` when it is a standby, or a primary that was demoted.
    private func server() throws -> Server {
        let found = try query(
            """
            SELECT CASE WHEN \(Dialect.postgresql.takesNoWrites) THEN 0
                ELSE \(Dialect.postgresql.timeline) END,
                pid || ' since ' || backend_start FROM pg_stat_activity
            WHERE pid = pg_backend_pid()
            """)
        guard found.count == 2, let timeline = Int64(found[0]), timeline > 0 else {
            throw StorageError(.connectionLost, "the server takes no writes")
        }
        return Server(timeline: timeline, backend: found[1])
    }

    static func check(version: Int32) throws {
        guard version >= PostgreSQLEngine.oldestVersion * 10_000 else {
            throw StorageError(
                .cannotOpen,
                "the server is PostgreSQL \(version / 10_000); "
                    + "\(PostgreSQLEngine.oldestVersion) or later is needed")
        }
    }

    private func check() throws {
        let settings = try query(
            """
            SELECT current_setting('server_encoding'), current_setting('fsync'),
                current_setting('full_page_writes'), current_setting('synchronous_commit')
            """)
        guard settings.count == 4 else {
            throw StorageError(
                .cannotOpen, "the server does not say its settings")
        }
        guard settings[0] == "UTF8" else {
            throw StorageError(
                .cannotOpen,
                "the database is encoded in \(settings[0]); make one with "
                    + "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0")
        }
        guard settings[1] == "on" else {
            throw StorageError(
                .cannotOpen,
                "the server runs with fsync = off, which loses what was sold "
                    + "when its machine stops; set fsync = on and restart it")
        }
        if settings[2] != "on" {
            log?.error("storage_unsafe", ["setting": "full_page_writes = off"])
        }
        guard !["off", "local"].contains(settings[3]) else {
            log?.warning("storage_unsafe", ["setting": "synchronous_commit = \(settings[3])"])
            _ = try query("SET synchronous_commit = on")
            return
        }
    }

    /// Only where it is missing: who may not make schemas can be given one.
    private func makeSchema() throws {
        let count = "SELECT count(*) FROM pg_namespace WHERE nspname = '\(schema)'"
        guard try query(count) == ["0"] else { return }
        do { _ = try query("CREATE SCHEMA IF NOT EXISTS \(schema)") } catch {
            // Another instance may have made it at the same time.
            guard try query(count) == ["0"] else { return }
            throw error
        }
    }

    /// The first row of the last result.
    private func query(_ text: String) throws -> [String] {
        let result = PQexec(handle, text)
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK: return []
        case PGRES_TUPLES_OK:
            guard PQntuples(result) > 0 else { return [] }
            return (0..<PQnfields(result)).map { String(cString: PQgetvalue(result, 0, $0)) }
        default:
            let failure = PostgreSQLFailure(result)
            throw StorageError(
                failure.state.codeAtOpening, "\(failure.message) (\(failure.state.text))")
        }
    }
}
