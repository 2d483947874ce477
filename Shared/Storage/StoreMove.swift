internal import FoundationEssentials
public import Lifecycle

/// Moves a store from an SQLite file to PostgreSQL, with its history: the same feed, goes on at the
/// same number. All of it is one transaction of PostgreSQL, so that a crash leaves nothing there
/// and the move is begun again. From just before that commits no service opens the file any more.
public struct StoreMove: Sendable {
    /// What became of one table.
    public struct Table: Sendable, Hashable {
        public let name: String
        public let rows: Int64
    }

    private static let rowsInOneInsert = 64
    /// Made anew by the target, or moved in another way.
    // Our own tables.
    private static let left: Set<String> = ["migration", "moved", "writer"]

    static let movedTable = """
        CREATE TABLE IF NOT EXISTS moved (
            id BIGINT NOT NULL PRIMARY KEY, at BIGINT NOT NULL)
        """

    private let source: DatabaseLocation
    private let target: DatabaseLocation
    private let migrations: [Migration]
    private let world: World

    public init(
        from source: DatabaseLocation, to target: DatabaseLocation, migrations: [Migration],
        world: World
    ) throws {
        guard case .file(let path) = source, case .postgresql = target else {
            throw StorageError(
                .cannotOpen,
                "a store moves from sqlite:/path/to/file to postgresql://user@host/database")
        }
        guard FileManager.default.fileExists(atPath: path) else {
            throw StorageError(.cannotOpen, "there is no file \(path)")
        }
        self.source = source
        self.target = target
        self.migrations = migrations
        self.world = world
    }

    /// Moves all stores of a service from where one setting of `TURNSTILE_DATABASE` says to where
    /// the other does, its own last, and tells each table; false when they were moved before.
    public static func mover(
        of service: String, _ migrations: [Migration],
        // By the names of their places, which are our own.
        beside others: [String: [Migration]] = [:]
    ) -> @Sendable (String, String, World, (String, Int64) -> Void) throws -> Bool {
        { source, target, world, tell in
            let from = try DatabaseLocation(parsing: source, for: service)
            let to = try DatabaseLocation(parsing: target, for: service)
            for (name, migrations) in others {
                let move = try StoreMove(
                    from: from.beside(name), to: to.beside(name), migrations: migrations,
                    world: world)
                _ = try move.run { tell("\(name).\($0.name)", $0.rows) }
            }
            let move = try StoreMove(from: from, to: to, migrations: migrations, world: world)
            return try move.run { tell($0.name, $0.rows) } != nil
        }
    }

    /// Throws when a service has the file open, and when the target holds anything else.
    ///
    /// - Returns: every table with its rows, all compared; nil when it was moved before.
    public func run(_ tell: (Table) throws -> Void) throws -> [Table]? {
        let from = try source.engine(world.log)
        defer { from.release() }
        let to = try target.engine(world.log)
        defer { to.release() }
        let (old, new) = (try from.connect(.writing), try to.connect(.writing))
        defer {
            old.close()
            new.close()
        }
        try Migrator(connection: old, dialect: from.dialect).migrate(migrations, now: world.now)
        try Migrator(connection: new, dialect: to.dialect).migrate(migrations, now: world.now)
        let (writer, _) = try WriterRow.take(old, world: world)
        try new.begin()
        do {
            guard try isEmpty(new, writer) else {
                new.rollback()
                try mark(old)
                return nil
            }
            try copyWriter(old, new)
            var tables: [Table] = []
            for name in try tableNames(old) {
                tables.append(try copy(name, old, new))
                try tell(tables[tables.count - 1])
            }
            try mark(old)
            try new.commit()
            return tables
        } catch {
            new.rollback()
            throw error
        }
    }

    /// False when this very store is there already.
    private func isEmpty(_ new: any Connection, _ writer: WriterRow) throws -> Bool {
        let there = try new.query("SELECT feed_id FROM writer") { try $0.next(UUID.self) }
        guard let feed = there.first else { return true }
        guard feed == writer.feedID else {
            throw StorageError(
                .cannotOpen,
                "there is another store at the target; name an empty database, or drop its schema "
                    + "if nobody needs it")
        }
        return false
    }

    private func mark(_ old: any Connection) throws {
        try old.begin()
        do {
            try old.run(
                """
                INSERT INTO moved (id, at) VALUES (1, \(world.now)) ON CONFLICT (id) DO NOTHING
                """)
            try old.commit()
        } catch {
            old.rollback()
            throw error
        }
    }

    /// Refuses to serve from a file whose store has another place now.
    static func check(_ connection: any Connection) throws {
        guard try connection.query("SELECT id FROM moved", { try $0.next(Int64.self) }).isEmpty
        else {
            throw StorageError(
                .cannotOpen,
                """
                this store was moved to PostgreSQL by migrate-store: serve with its address in \
                TURNSTILE_DATABASE, or run migrate-store once more if it was interrupted
                """)
        }
    }

    /// First of all: an instance that would join the target waits for this row, and finds it.
    private func copyWriter(_ old: any Connection, _ new: any Connection) throws {
        let columns = "id, epoch, batch, now_ms, feed, feed_id"
        _ = try copy("writer", columns.split(separator: ", ").map(String.init), old, new)
    }

    private func tableNames(_ old: any Connection) throws -> [String] {
        try old.query(
            """
            SELECT name FROM sqlite_master
            WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name
            """
        ) { try $0.next(String.self) }.filter { !Self.left.contains($0) }
    }

    private func copy(
        _ table: String, _ old: any Connection, _ new: any Connection
    ) throws -> Table {
        let columns = try old.query("SELECT name FROM pragma_table_info(\(table)) ORDER BY cid") {
            try $0.next(String.self)
        }
        let sent = try copy(table, columns, old, new)
        let stored = try survey(table, columns, new) { _ in }
        guard stored == sent else {
            throw StorageError(
                .corrupt, "\(table): \(stored.rows) rows arrived otherwise than \(sent.rows) left")
        }
        return Table(name: table, rows: sent.rows)
    }

    private func copy(
        _ table: String, _ columns: [String], _ old: any Connection, _ new: any Connection
    ) throws -> Contents {
        // What a migration put there is in the source as well, as it is by now.
        _ = try new.prepare("DELETE FROM \(table)").run(ColumnWriter())
        let many = insert(table, columns, Self.rowsInOneInsert)
        let one = insert(table, columns, 1)
        var waiting: [ColumnWriter] = []
        let sent = try survey(table, columns, old) { row in
            waiting.append(row)
            guard waiting.count == Self.rowsInOneInsert else { return }
            var values = ColumnWriter()
            for row in waiting { values.append(contentsOf: row) }
            try new.prepare(many).enqueue(values, changing: Self.rowsInOneInsert)
            waiting.removeAll(keepingCapacity: true)
        }
        for row in waiting { try new.prepare(one).enqueue(row, changing: 1) }
        return sent
    }

    private func insert(_ table: String, _ columns: [String], _ rows: Int) -> String {
        let values = (0..<rows).map { row in
            let places = (1...columns.count).map { "$\(row * columns.count + $0)" }
            return "(" + places.joined(separator: ", ") + ")"
        }
        return """
            INSERT INTO \(table) (\(columns.joined(separator: ", "))) \
            VALUES \(values.joined(separator: ", "))
            """
    }

    /// What a table holds: its rows, and a sum of their hashes, whatever their order.
    private struct Contents: Equatable {
        var rows: Int64 = 0
        var sum: UInt64 = 0
    }

    private func survey(
        _ table: String, _ columns: [String], _ connection: any Connection,
        _ body: (ColumnWriter) throws -> Void
    ) throws -> Contents {
        var contents = Contents()
        let text = "SELECT \(columns.joined(separator: ", ")) FROM \(table)"
        try connection.prepare(text).run(ColumnWriter()) { row in
            let cells = try ColumnWriter(copying: row, of: table)
            contents.rows += 1
            // A sum of hashes, for which to wrap is as good as not to.
            contents.sum &+= cells.hash
            try body(cells)
        }
        return contents
    }
}

extension ColumnWriter {
    /// Every cell of a row as it is, whatever its type.
    fileprivate init(copying row: any ResultRow, of table: String) throws {
        self.init()
        for column in 0..<row.columnCount {
            switch row.kind(at: column) {
            case .null: appendNull()
            case .integer: append(integer: row.integer(at: column))
            case .text:
                guard let text = row.text(at: column) else {
                    throw StorageError(.corrupt, "\(table): column \(column + 1) is not UTF-8")
                }
                append(text: text)
            case .blob: row.withBlob(at: column) { append(blob: $0) }
            case .real: throw StorageError(.corrupt, "\(table): column \(column + 1) is a fraction")
            }
        }
    }

    fileprivate var hash: UInt64 {
        var text: [UInt8] = []
        for cell in cells {
            switch cell {
            case .null: text.append(0)
            case .integer(let value):
                text.append(1)
                withUnsafeBytes(of: value.littleEndian) { text.append(contentsOf: $0) }
            case .text(let range), .blob(let range):
                text.append(2)
                withUnsafeBytes(of: range.count.littleEndian) { text.append(contentsOf: $0) }
                text.append(contentsOf: bytes[range])
            }
        }
        return ContentHash.of(text)
    }
}
