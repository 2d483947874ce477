internal import CSQLite

/// A file that SQLite has open, read and written past it.
struct RawFile {
    private let file: UnsafeMutablePointer<sqlite3_file>
    private let methods: sqlite3_io_methods

    /// `operation` is the file control that gives the file; nil while it is not open.
    init?(of connection: OpaquePointer, _ operation: Int32) {
        var file: UnsafeMutablePointer<sqlite3_file>?
        guard sqlite3_file_control(connection, "main", operation, &file) == SQLITE_OK, let file,
            let methods = file.pointee.pMethods
        else { return nil }
        self.file = file
        self.methods = methods.pointee
    }

    func size() throws -> Int64 {
        var size: sqlite3_int64 = 0
        try check(methods.xFileSize(file, &size))
        return size
    }

    func read(_ count: Int, at offset: Int64) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try check(methods.xRead(file, &bytes, Int32(count), offset))
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: Int64) throws {
        try check(methods.xWrite(file, bytes, Int32(bytes.count), offset))
    }

    func sync() throws { try check(methods.xSync(file, SQLITE_SYNC_NORMAL)) }

    /// The first piece of the index of the log, which SQLite makes when it first reads.
    func logIndex() throws -> UnsafeRawPointer? {
        var index: UnsafeMutableRawPointer?
        try check(methods.xShmMap(file, 0, 32_768, 0, &index))
        return UnsafeRawPointer(index)
    }

    private func check(_ code: Int32) throws {
        guard code != SQLITE_OK else { return }
        throw StorageError(.inputOutput, "\(String(cString: sqlite3_errstr(code))) (\(code))")
    }
}
