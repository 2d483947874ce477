internal import Lifecycle

/// One step of a service's schema: statements that run once, in one transaction, in the order of
/// the versions.
///
/// The text is the intersection of SQLite and PostgreSQL (BIGINT, TEXT, BYTEA). Statements end
/// with a semicolon, which stands nowhere else. Every table names its primary key, NOT NULL; on
/// SQLite it is then stored WITHOUT ROWID.
public struct Migration: Sendable {
    public let version: Int64
    let statements: [String]
    /// Differs when an applied migration was edited; spaces and line ends do not count.
    let fingerprint: Int64

    public init(_ version: Int64, _ text: String) {
        self.version = version
        statements = text.split(separator: ";").map { statement in
            String(statement).trimmingSpace()
        }.filter { !$0.isEmpty }
        let words = statements.joined(separator: ";").split(whereSeparator: \.isWhitespace)
        fingerprint = Int64(bitPattern: ContentHash.of(Array(words.joined(separator: " ").utf8)))
    }
}

extension String {
    fileprivate func trimmingSpace() -> String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

/// Brings a database up to the newest schema when it is opened.
struct Migrator {
    let connection: any Connection
    let dialect: Dialect

    /// Storage's own tables: who writes, what was applied, the outbox.
    private static let ownTables = [
        """
        CREATE TABLE IF NOT EXISTS writer (
            id BIGINT NOT NULL PRIMARY KEY, epoch BIGINT NOT NULL, batch BIGINT NOT NULL,
            now_ms BIGINT NOT NULL, feed BIGINT NOT NULL, feed_id BYTEA NOT NULL)
        """,
        """
        CREATE TABLE IF NOT EXISTS migration (
            version BIGINT NOT NULL PRIMARY KEY, fingerprint BIGINT NOT NULL,
            applied_at BIGINT NOT NULL)
        """,
        """
        CREATE TABLE IF NOT EXISTS outbox (
            seq BIGINT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, kind TEXT NOT NULL,
            subject BYTEA NOT NULL, body BYTEA NOT NULL)
        """,
        StoreTime.table, Database.restoredTable, StoreMove.movedTable,
        // Versions before this one made it, for answers by a key that no call had.
        "DROP TABLE IF EXISTS idempotency",
    ]

    func migrate(_ migrations: [Migration], now: Instant) throws {
        if let lock = dialect.lockSchema { try connection.prepare(lock).run(ColumnWriter()) }
        defer {
            // A session that is lost gives its lock back by itself.
            if let unlock = dialect.unlockSchema {
                _ = try? connection.prepare(unlock).run(ColumnWriter())
            }
        }
        try transaction {
            for table in Self.ownTables { try execute(table) }
            if dialect.isShared { for table in SharedWriterRow.tables { try execute(table) } }
        }
        let ordered = migrations.sorted { $0.version < $1.version }
        let applied = try connection.query("SELECT version, fingerprint FROM migration") {
            (version: try $0.next(Int64.self), fingerprint: try $0.next(Int64.self))
        }
        for (version, fingerprint) in applied {
            guard let known = ordered.first(where: { $0.version == version }) else {
                throw foreign(ordered)
                    ?? StorageError(
                        .schema,
                        "the database has schema version \(version), which is newer than "
                            + "this program; start the newer program")
            }
            guard known.fingerprint == fingerprint else {
                throw foreign(ordered)
                    ?? StorageError(
                        .schema,
                        "migration \(version) was changed after it had been applied; "
                            + "add a new one instead")
            }
        }
        for migration in ordered where !applied.contains(where: { $0.version == migration.version })
        {
            try transaction {
                for statement in migration.statements { try execute(statement) }
                try connection.run(
                    """
                    INSERT INTO migration (version, fingerprint, applied_at)
                    VALUES (\(migration.version), \(migration.fingerprint), \(now))
                    """)
            }
        }
    }

    /// What is only in the store of one service, and whose it is then.
    private static let owners = [
        ("ticket_type", "Inventory"), ("ticket_order", "Orders"), ("ledger_entry", "Payments"),
        ("sim_payment", "sim"),
    ]

    /// A file of another service is no schema that was changed: whoever gave it mistook it.
    private func foreign(_ migrations: [Migration]) -> StorageError? {
        let own = migrations.flatMap(\.statements)
        let owner = Self.owners.first { table, _ in
            !own.contains { $0.hasPrefix("CREATE TABLE \(table) ") }
                && (try? connection.prepare("SELECT 1 FROM \(table) LIMIT 1")) != nil
        }
        return owner.map { _, owner in
            StorageError(
                .schema,
                "this is the store of \(owner); every service has one of its own, so let "
                    + "TURNSTILE_DATABASE or --database name another")
        }
    }

    private func transaction(_ body: () throws -> Void) throws {
        try connection.begin()
        do {
            try body()
            try connection.commit()
        } catch {
            connection.rollback()
            throw error
        }
    }

    /// Adds what the dialect wants behind the type of each column of text.
    private func withTextSuffix(_ statement: String) -> String {
        guard !dialect.textSuffix.isEmpty else { return statement }
        return statement.replacing(/\bTEXT\b/) { "\($0.output)\(dialect.textSuffix)" }
    }

    private func execute(_ statement: String) throws {
        let makesTable = statement.uppercased().hasPrefix("CREATE TABLE")
        let text = makesTable ? statement + dialect.tableSuffix : statement
        try connection.prepare(withTextSuffix(text)).run(ColumnWriter())
    }
}
