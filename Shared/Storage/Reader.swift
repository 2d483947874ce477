public import FoundationEssentials
public import Lifecycle

/// Where rows are read: in a batch that writes, or beside it.
public protocol RowReader {
    func find<Row: StoredRow>(_: Row.Type, _ key: Row.Key) throws -> Row?
    func select<Row: StoredRow>(_: Row.Type, where condition: SQL) throws -> [Row]
}

extension Batch: RowReader {}

/// One state of the database, read only.
public final class Reader: RowReader {
    /// The time by which a reader judges what is live; never before that of a batch it can see.
    public let now: Instant
    private let connection: any Connection

    private init(_ connection: any Connection, now: Instant) {
        self.connection = connection
        self.now = now
    }

    private static let tries = 3

    /// Runs the query, once more when its connection was lost.
    static func read<Value>(
        _ connection: any Connection, _ watch: StoreWatch, _ query: (Reader) throws -> Value
    ) throws -> Value {
        for _ in 1..<tries {
            do { return try readOnce(connection, watch, query) } catch let error as StorageError
                where error.code == .connectionLost || error.code == .conflict
            {}
        }
        // Perhaps another server knows better.
        connection.leave()
        return try readOnce(connection, watch, query)
    }

    private static func readOnce<Value>(
        _ connection: any Connection, _ watch: StoreWatch, _ query: (Reader) throws -> Value
    ) throws -> Value {
        try connection.begin()
        defer { connection.rollback() }
        return try query(Reader(connection, now: try watch.now(on: connection)))
    }

    public func find<Row: StoredRow>(_: Row.Type, _ key: Row.Key) throws -> Row? {
        var cells = ColumnWriter()
        key.write(to: &cells)
        return try rows(Row.self, Row.table.selectByKey, cells).first
    }

    /// Rows that match, in the order that the condition asks for.
    public func select<Row: StoredRow>(_: Row.Type, where condition: SQL) throws -> [Row] {
        let sql = Row.table.select(condition)
        return try rows(Row.self, sql.text, sql.values)
    }

    /// The same, up to the first row that is not wanted; those behind it are not read at all.
    @discardableResult
    public func select<Row: StoredRow>(
        _: Row.Type, where condition: SQL, while isWanted: (Row) throws -> Bool
    ) throws -> [Row] {
        let sql = Row.table.select(condition)
        return try rows(Row.self, sql.text, sql.values, while: isWanted)
    }

    /// The rows with these keys that there are, each by itself: one that can't be read is told as
    /// that, and hides no other.
    public func find<Row: StoredRow>(
        _: Row.Type, each keys: [Row.Key]
    ) throws -> [(key: Row.Key, row: Result<Row, any Error>)] where Row.Key: Bindable {
        guard !keys.isEmpty else { return [] }
        do {
            let sql = Row.table.select(each: keys)
            return try rows(Row.self, sql.text, sql.values).map { ($0.key, .success($0)) }
        } catch let error as StorageError where error.code == .corrupt {
            // One of them is bad: which, only looking at each can tell.
            return try keys.compactMap { key in
                do { return try find(Row.self, key).map { (key, .success($0)) } } catch let error
                    as StorageError where error.code == .corrupt
                { return (key, .failure(error)) }
            }
        }
    }

    /// Rows that match, in the order that the condition asks for, each by itself: one that can't
    /// be read hides no other. An id that can't be read either ends the read.
    public func readable<Row: StoredRow>(
        _: Row.Type, where condition: SQL
    ) throws -> [(key: UUID, row: Result<Row, any Error>)] where Row.Key == UUID {
        let (table, sql) = (Row.table, Row.table.select(condition))
        var rows: [(UUID, Result<Row, any Error>)] = []
        try connection.prepare(sql.text).run(sql.values) { row in
            func columns() -> ColumnReader {
                ColumnReader(row, source: table.name, columns: table.columns)
            }
            var (whole, key) = (columns(), columns())
            let id: UUID = try key.next()
            rows.append((id, Result { try Row.stored(in: &whole) }))
        }
        return rows
    }

    /// Any query, each row read column by column.
    public func query<Value>(
        _ sql: SQL, _ read: (inout ColumnReader) throws -> Value
    ) throws -> [Value] {
        try connection.query(sql, read)
    }

    /// Any query over many rows, none of which is kept.
    public func forEach(
        _ sql: SQL, _ read: (inout ColumnReader) throws -> Void
    ) throws {
        let text = sql.text
        try connection.prepare(text).run(sql.values) { row in
            var reader = ColumnReader(row, source: text)
            try read(&reader)
        }
    }

    private func rows<Row: StoredRow>(
        _: Row.Type, _ text: String, _ cells: ColumnWriter,
        while isWanted: (Row) throws -> Bool = { _ in true }
    ) throws -> [Row] {
        let table = Row.table
        var rows: [Row] = []
        do {
            try connection.prepare(text).run(cells) { row in
                var reader = ColumnReader(row, source: table.name, columns: table.columns)
                let next = try Row.stored(in: &reader)
                guard try isWanted(next) else { throw Enough() }
                rows.append(next)
            }
        } catch is Enough {}
        return rows
    }

    /// Ends a statement before its last row.
    private struct Enough: Error {}
}
