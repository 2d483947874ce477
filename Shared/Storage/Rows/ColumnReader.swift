internal import FoundationEssentials

/// One row of a result, read column by column in order. What does not have the type asked for is
/// an error that names the column, never a trap.
public struct ColumnReader {
    private let row: any ResultRow
    private let source: String
    private let columns: [String]
    private var index = 0

    init(_ row: any ResultRow, source: String, columns: [String] = []) {
        self.row = row
        self.source = source
        self.columns = columns
    }

    /// The next column.
    public mutating func next<Value: Bindable>() throws -> Value { try Value.read(from: &self) }

    /// The next column, for where the type cannot be inferred.
    public mutating func next<Value: Bindable>(_: Value.Type) throws -> Value {
        try Value.read(from: &self)
    }

    /// True, and past it, when the next column is NULL.
    mutating func skipNull() throws -> Bool {
        guard try kind(of: index) == .null else { return false }
        index += 1
        return true
    }

    mutating func nextInteger() throws -> Int64 {
        try expect(.integer)
        defer { index += 1 }
        return row.integer(at: index)
    }

    mutating func nextText() throws -> String {
        try expect(.text)
        defer { index += 1 }
        guard let text = row.text(at: index) else { throw corrupt("is not UTF-8") }
        return text
    }

    mutating func nextBlob() throws -> [UInt8] {
        try expect(.blob)
        defer { index += 1 }
        return row.withBlob(at: index) { Array($0) }
    }

    mutating func nextID() throws -> UUID {
        try expect(.blob)
        defer { index += 1 }
        let id: UUID? = row.withBlob(at: index) { bytes in
            guard bytes.count == 16 else { return nil }
            return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
        }
        guard let id else { throw corrupt("is not an id of 16 bytes") }
        return id
    }

    /// The error of a column just read that holds what its type does not allow.
    func corruptPrevious(_ problem: String) -> StorageError {
        corrupt(problem, at: index - 1)
    }

    private func expect(_ wanted: CellKind) throws {
        let found = try kind(of: index)
        if found != wanted { throw corrupt("holds \(found), not \(wanted)") }
    }

    private func kind(of index: Int) throws -> CellKind {
        guard index < row.columnCount else { throw corrupt("is not in the result") }
        return row.kind(at: index)
    }

    private func corrupt(_ problem: String, at place: Int? = nil) -> StorageError {
        let place = place ?? index
        let name = columns.indices.contains(place) ? columns[place] : "column \(place + 1)"
        return StorageError(.corrupt, "\(source): \(name) \(problem)")
    }
}

/// What a cell of a result holds.
enum CellKind: Sendable {
    case null, integer, real, text, blob
}

/// The current row of a statement that runs. Columns are counted from 0 and within bounds.
protocol ResultRow: AnyObject {
    var columnCount: Int { get }
    func kind(at column: Int) -> CellKind
    func integer(at column: Int) -> Int64
    /// Nil when the bytes are not UTF-8.
    func text(at column: Int) -> String?
    func withBlob<Value>(at column: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value
}
