import CSQLite
import Disk
import Support

struct SQLiteFailure: Error {
    let code: Int32
}

/// A connection of SQLite's own, past our Storage, over a simulated disk.
final class PlainDatabase {
    private let handle: OpaquePointer

    init(_ disk: SimulatedDisk, _ path: String = "plain.db", settings: [String] = []) throws {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(
            path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, disk.name)
        guard code == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw SQLiteFailure(code: code)
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        for setting in settings { try run("PRAGMA \(setting)") }
    }

    deinit { sqlite3_close_v2(handle) }

    func run(_ text: String) throws {
        let code = sqlite3_exec(handle, text, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteFailure(code: code) }
    }

    func numbers(_ text: String) throws -> [Int64] {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v2(handle, text, -1, &statement, nil)
        guard code == SQLITE_OK else { throw SQLiteFailure(code: code) }
        defer { sqlite3_finalize(statement) }
        var numbers: [Int64] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: numbers.append(sqlite3_column_int64(statement, 0))
            case SQLITE_DONE: return numbers
            case let code: throw SQLiteFailure(code: code)
            }
        }
    }
}

extension SimulatedDisk {
    /// A disk whose name nobody else in this process has.
    static func make(seed: UInt64, _ name: String = #function) -> SimulatedDisk {
        SimulatedDisk(name: "\(name)-\(seed)", random: SeededRandom(seed: seed))
    }
}
