internal import CSQLite
internal import Glibc

/// The SQLite file of a service that does not run, opened past its door: nothing is synced until
/// it is closed, and what a crash leaves behind is of no use.
final class StoreFile {
    private let path: String
    private let handle: OpaquePointer

    init(_ path: String) throws {
        self.path = path
        var opened: OpaquePointer?
        guard sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK,
            let opened
        else {
            sqlite3_close_v2(opened)
            throw PastError("\(path) cannot be opened")
        }
        handle = opened
        for setting in [
            "journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF",
            "cache_size = -131072",
        ] {
            try run("PRAGMA \(setting)")
        }
    }

    /// Leaves the file as a service does, with a write-ahead log, on the disk and out of memory: as
    /// it is after a start of the machine.
    func close() throws {
        try run("PRAGMA journal_mode = WAL")
        sqlite3_close_v2(handle)
        let file = open(path, O_RDWR | O_CLOEXEC)
        defer { Glibc.close(file) }
        guard file >= 0, fsync(file) == 0, posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0
        else { throw PastError("\(path) cannot be synced") }
    }

    func run(_ text: String) throws {
        guard sqlite3_exec(handle, text, nil, nil, nil) == SQLITE_OK else { throw error(text) }
    }

    /// All rows of a table in the order of its key, and the names of its columns.
    func rows(of table: String) throws -> (columns: [String], rows: [PastRow]) {
        let statement = try prepare("SELECT * FROM \(table)")
        defer { sqlite3_finalize(statement) }
        let columns = (0..<sqlite3_column_count(statement)).map {
            String(cString: sqlite3_column_name(statement, $0))
        }
        var rows: [PastRow] = []
        while sqlite3_step(statement) == SQLITE_ROW { rows.append(Self.row(statement)) }
        return (columns, rows)
    }

    func inserter(into table: String, columns: Int) throws -> OpaquePointer {
        let places = Array(repeating: "?", count: columns).joined(separator: ", ")
        return try prepare("INSERT INTO \(table) VALUES (\(places))")
    }

    func insert(_ row: PastRow, with statement: OpaquePointer) throws {
        row.bytes.withUnsafeBufferPointer { bytes in
            for (index, cell) in row.cells.enumerated() {
                let place = Int32(index + 1)
                switch cell {
                case .null: sqlite3_bind_null(statement, place)
                case .integer(let value): sqlite3_bind_int64(statement, place, value)
                case .text(let range):
                    // An empty text or blob needs an address too: none would bind NULL.
                    let part = UnsafeBufferPointer(rebasing: bytes[range])
                    _ = part.withMemoryRebound(to: CChar.self) {
                        range.isEmpty
                            ? sqlite3_bind_text(statement, place, "", 0, nil)
                            : sqlite3_bind_text(
                                statement, place, $0.baseAddress, Int32($0.count), nil)
                    }
                case .blob(let range):
                    let part = UnsafeBufferPointer(rebasing: bytes[range])
                    if range.isEmpty {
                        sqlite3_bind_zeroblob(statement, place, 0)
                    } else {
                        sqlite3_bind_blob(
                            statement, place, part.baseAddress, Int32(range.count), nil)
                    }
                }
            }
            sqlite3_step(statement)
        }
        guard sqlite3_reset(statement) == SQLITE_OK else { throw error("an insert") }
    }

    func finish(_ statement: OpaquePointer) { sqlite3_finalize(statement) }

    private static func row(_ statement: OpaquePointer) -> PastRow {
        var row = PastRow()
        for column in 0..<sqlite3_column_count(statement) {
            func bytes(_ start: UnsafeRawPointer?) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(
                    start: start, count: Int(sqlite3_column_bytes(statement, column)))
            }
            switch sqlite3_column_type(statement, column) {
            case SQLITE_INTEGER:
                row.cells.append(.integer(sqlite3_column_int64(statement, column)))
            case SQLITE_TEXT:
                let text = UnsafeRawPointer(sqlite3_column_text(statement, column))
                row.cells.append(.text(row.append(bytes(text))))
            case SQLITE_BLOB:
                let blob = sqlite3_column_blob(statement, column)
                row.cells.append(.blob(row.append(bytes(blob))))
            default: row.cells.append(.null)
            }
        }
        return row
    }

    private func prepare(_ text: String) throws -> OpaquePointer {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, text, -1, &statement, nil) == SQLITE_OK, let statement
        else { throw error(text) }
        return statement
    }

    private func error(_ context: String) -> PastError {
        PastError("\(path): \(String(cString: sqlite3_errmsg(handle))) in \(context)")
    }
}

public struct PastError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
