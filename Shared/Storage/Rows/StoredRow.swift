public import FoundationEssentials
public import Text
public import Wire

/// A row of one table as a value, which says its columns once (`ColumnWalk`).
public protocol StoredRow: Sendable {
    associatedtype Key: StoredKey
    static var table: TableLayout { get }
    var key: Key { get }

    init(_ c: some ColumnWalk, _ it: Written<Self>)

    /// Appends every column of the layout, in its order.
    func write(to columns: inout ColumnWriter)
    /// Reads every column of the layout, in its order.
    init(from columns: inout ColumnReader) throws
}

extension StoredRow {
    @inlinable
    public func write(to columns: inout ColumnWriter) {
        withUnsafePointer(to: self) { row in
            withUnsafeMutablePointer(to: &columns) { _ = Self(ColumnPut($0), Written(row)) }
        }
    }

    @inlinable
    public init(from columns: inout ColumnReader) throws {
        var failure: (any Error)?
        self = withUnsafeMutablePointer(to: &columns) { columns in
            withUnsafeMutablePointer(to: &failure) { Self(ColumnTake(columns, $0), Written()) }
        }
        if let failure { throw failure }
    }
}

extension StoredRow {
    /// The row as it is stored. Whatever keeps it from being read is `corrupt`: an error of a codec
    /// would look as if the caller had sent those bytes.
    static func stored(in columns: inout ColumnReader) throws -> Self {
        do { return try Self(from: &columns) } catch let error as StorageError {
            throw error
        } catch {
            throw StorageError(.corrupt, "\(table.name): a row cannot be read: \(error)")
        }
    }
}

/// The primary key of a row: a UUID, an Int64, a text, or a struct that writes several. A text is
/// `ByteText`, so that it is one key here exactly where it is one in the store.
public protocol StoredKey: Hashable, Sendable {
    /// Appends the key's columns in the layout's order.
    func write(to columns: inout ColumnWriter)
    /// Where the key stands among those of its table, in the order of the database; nil for a key
    /// that is not drawn in order of time.
    var place: UUID? { get }
    /// How many columns it has.
    static var width: Int { get }
}

extension StoredKey {
    public var place: UUID? { nil }
    public static var width: Int { 1 }
}

/// A key of several columns, which says them once: of itself, and of the rows that have it.
///
///     static func walk<Row>(
///         _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
///     ) -> Self {
///         Self(
///             holdID: c("hold_id", it) { get($0).holdID },
///             poolID: c("pool_id", it) { get($0).poolID })
///     }
public protocol CompoundKey: StoredKey {
    static func walk<Row>(
        _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
    ) -> Self
}

extension CompoundKey {
    @inlinable
    public func write(to columns: inout ColumnWriter) {
        withUnsafePointer(to: self) { key in
            withUnsafeMutablePointer(to: &columns) { columns in
                _ = Self.walk(ColumnPut(columns), Written(key)) { $0 }
            }
        }
    }

    @inlinable
    public init(from columns: inout ColumnReader) throws {
        var failure: (any Error)?
        self = withUnsafeMutablePointer(to: &columns) { columns in
            withUnsafeMutablePointer(to: &failure) {
                Self.walk(ColumnTake(columns, $0), Written<Self>()) { $0 }
            }
        }
        if let failure { throw failure }
    }

    public static var width: Int {
        ColumnNames.of { names in _ = walk(names, Written<Self>()) { $0 } }.count
    }
}

extension UUID: StoredKey {
    public var place: UUID? { self }
}
extension ByteText: StoredKey {}
extension Int64: StoredKey {}

/// The columns of a table, those of its primary key first, and the statements made of them.
public struct TableLayout: Sendable {
    public let name: String
    public let keyColumns: [String]
    public let columns: [String]

    let selectByKey: String
    let selectHighestKey: String
    let update: String
    let delete: String
    /// Rows of one statement that writes several: every number up to 16, so that a batch seldom
    /// needs two, and one more for the large. Which statements there are is decided by use.
    static let sizes = [32] + (1...16).reversed()
    private let selection: String

    /// The columns are those that the row says, the key's first.
    public init<Row: StoredRow>(_ name: String, of _: Row.Type) {
        let columns = ColumnNames.of { _ = Row($0, Written()) }
        self.init(name, key: Array(columns.prefix(Row.Key.width)), columns: columns)
    }

    public init(_ name: String, key: [String], columns: [String]) {
        // Layouts are constants of the program: a wrong one shows in the first test.
        precondition(
            !key.isEmpty && columns.starts(with: key), "\(name): the key's columns come first")
        self.name = name
        keyColumns = key
        self.columns = columns
        selection = "SELECT \(columns.joined(separator: ", ")) FROM \(name) WHERE "
        selectHighestKey = "SELECT \(key[0]) FROM \(name) ORDER BY \(key[0]) DESC LIMIT 1"
        selectByKey = selection + TableLayout.list(key, from: 1, separator: " AND ")
        delete = "DELETE FROM \(name) WHERE " + TableLayout.list(key, from: 1, separator: " AND ")
        // The parameters of an update are the whole row in its order, key first; a key column is
        // set to what it is when the table has no other.
        let values = columns.count > key.count ? Array(columns.dropFirst(key.count)) : key
        let start = columns.count > key.count ? key.count + 1 : 1
        update =
            "UPDATE \(name) SET \(TableLayout.list(values, from: start, separator: ", ")) WHERE "
            + TableLayout.list(key, from: 1, separator: " AND ")
    }

    /// Inserts so many rows.
    func insert(_ rows: Int) -> String {
        let tuples = (0..<rows).map { row in
            let values = columns.indices.map { "$\(row * columns.count + $0 + 1)" }
            return "(\(values.joined(separator: ", ")))"
        }
        return "INSERT INTO \(name) (\(columns.joined(separator: ", "))) VALUES "
            + tuples.joined(separator: ", ")
    }

    /// Replaces so many rows, which must be stored.
    func replace(_ rows: Int) -> String {
        let others = columns.dropFirst(keyColumns.count).map { "\($0) = excluded.\($0)" }
        return insert(rows) + " ON CONFLICT (\(keyColumns.joined(separator: ", "))) DO UPDATE SET "
            + others.joined(separator: ", ")
    }

    func select(_ condition: SQL) -> SQL {
        var parts = SQL.StringInterpolation(literalCapacity: 0, interpolationCount: 0)
        parts.appendLiteral(selection)
        parts.appendInterpolation(condition)
        return SQL(stringInterpolation: parts)
    }

    /// For keys of one column.
    func select(each keys: [some Bindable]) -> SQL {
        var parts = SQL.StringInterpolation(literalCapacity: 0, interpolationCount: keys.count)
        parts.appendLiteral(selection + keyColumns[0] + " IN ")
        parts.appendInterpolation(each: keys)
        return SQL(stringInterpolation: parts)
    }

    private static func list(_ columns: [String], from first: Int, separator: String) -> String {
        columns.enumerated().map { "\($1) = $\(first + $0)" }.joined(separator: separator)
    }
}
