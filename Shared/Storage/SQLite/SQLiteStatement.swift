internal import CSQLite

/// A prepared statement of one SQLite connection, and the row that it stands on.
final class SQLiteStatement: PreparedStatement, ResultRow {
    private let handle: OpaquePointer
    private unowned let connection: SQLiteConnection
    private let text: String
    /// For each parameter of SQLite, in its own numbering, the value that it takes.
    private let valueOfParameter: [Int]
    private var isRunning = false

    init(_ handle: OpaquePointer, _ connection: SQLiteConnection, text: String) throws {
        self.handle = handle
        self.connection = connection
        self.text = text
        valueOfParameter = try (0..<sqlite3_bind_parameter_count(handle)).map { index in
            guard let name = sqlite3_bind_parameter_name(handle, index + 1),
                let number = Int(String(cString: name).dropFirst()), number > 0
            else { throw StorageError(.statement, "parameters are $1, $2 …: \(text)") }
            return number - 1
        }
    }

    deinit { sqlite3_finalize(handle) }

    @discardableResult
    func run(_ values: ColumnWriter, onRow: (any ResultRow) throws -> Void) throws -> Int {
        guard !isRunning else {
            throw StorageError(.statement, "runs inside itself: \(text)")
        }
        isRunning = true
        defer {
            sqlite3_reset(handle)
            isRunning = false
        }
        connection.counters.statements += 1
        // The bytes are bound without a copy: they stay where they are until the statement is
        // reset or bound again, and a statement that is not running reads no parameter.
        return try values.bytes.withUnsafeBufferPointer { bytes in
            try bind(values.cells, bytes)
            while true {
                switch sqlite3_step(handle) {
                case SQLITE_ROW: try onRow(self)
                case SQLITE_DONE: return Int(sqlite3_changes(connection.handle))
                case let code: throw connection.error(code, "in \(text)")
                }
            }
        }
    }

    func enqueue(_ values: ColumnWriter, changing rows: Int?) throws {
        let changed = try run(values) { _ in }
        guard let rows, rows != changed else { return }
        throw StorageError(.missingRow, "\(changed) rows, not \(rows): \(text)")
    }

    private func bind(
        _ cells: [ColumnWriter.Cell], _ bytes: UnsafeBufferPointer<UInt8>
    ) throws {
        for (index, place) in valueOfParameter.enumerated() {
            guard place < cells.count else {
                throw StorageError(.statement, "$\(place + 1) has no value: \(text)")
            }
            let parameter = Int32(truncatingIfNeeded: index + 1)
            let code =
                switch cells[place] {
                case .null: sqlite3_bind_null(handle, parameter)
                case .integer(let integer): sqlite3_bind_int64(handle, parameter, integer)
                case .text(let range):
                    bindText(parameter, UnsafeBufferPointer(rebasing: bytes[range]))
                case .blob(let range):
                    bindBlob(parameter, UnsafeBufferPointer(rebasing: bytes[range]))
                }
            guard code == SQLITE_OK else { throw connection.error(code, "binding \(text)") }
        }
    }

    private func bindText(_ parameter: Int32, _ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
        bytes.withMemoryRebound(to: CChar.self) {
            // An empty text needs an address all the same: none would bind NULL. SQLite copies it,
            // since a literal's address is good for this call alone.
            guard let base = $0.baseAddress, !$0.isEmpty else {
                let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
                return sqlite3_bind_text(handle, parameter, "", 0, transient)
            }
            return sqlite3_bind_text(handle, parameter, base, Int32(clamping: $0.count), nil)
        }
    }

    private func bindBlob(_ parameter: Int32, _ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
        guard let base = bytes.baseAddress, !bytes.isEmpty else {
            return sqlite3_bind_zeroblob(handle, parameter, 0)
        }
        return sqlite3_bind_blob(handle, parameter, base, Int32(clamping: bytes.count), nil)
    }

    var columnCount: Int { Int(sqlite3_data_count(handle)) }

    func kind(at column: Int) -> CellKind {
        switch sqlite3_column_type(handle, Int32(column)) {
        case SQLITE_INTEGER: .integer
        case SQLITE_FLOAT: .real
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        default: .null
        }
    }

    func integer(at column: Int) -> Int64 { sqlite3_column_int64(handle, Int32(column)) }

    func text(at column: Int) -> String? {
        guard let start = sqlite3_column_text(handle, Int32(column)) else { return nil }
        let count = Int(sqlite3_column_bytes(handle, Int32(column)))
        let bytes = UnsafeBufferPointer(start: start, count: count)
        // Nearly all text is ASCII, which needs no validation by the generic code of the library.
        guard bytes.contains(where: { $0 >= 0x80 }) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    func withBlob<Value>(at column: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        let start = sqlite3_column_blob(handle, Int32(column))
        let count = Int(sqlite3_column_bytes(handle, Int32(column)))
        return body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }
}
