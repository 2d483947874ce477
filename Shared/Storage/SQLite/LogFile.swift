internal import CSQLite

/// The write-ahead log of a connection, as the file that it is.
struct LogFile {
    private static let pieceBytes = 1 << 20

    private let file: UnsafeMutablePointer<sqlite3_file>
    private let methods: sqlite3_io_methods

    /// Nil while the connection has none.
    init?(of connection: OpaquePointer) {
        var file: UnsafeMutablePointer<sqlite3_file>?
        guard
            sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file)
                == SQLITE_OK,
            let file, let methods = file.pointee.pMethods
        else { return nil }
        self.file = file
        self.methods = methods.pointee
    }

    /// Writes every byte again as it is and syncs them; gives SQLite's result code.
    ///
    /// When a process before could not sync, the kernel keeps in memory what it failed to write,
    /// but takes it for written: this process sees those commits, a sync alone says that all is
    /// well, and a power cut takes them with all that came after. Written again they are new to
    /// the kernel, and this sync tells the truth.
    func secure() -> Int32 {
        var size: sqlite3_int64 = 0
        var code = methods.xFileSize(file, &size)
        guard code == SQLITE_OK, size > 0 else { return code }
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: Self.pieceBytes, alignment: 4096)
        defer { buffer.deallocate() }
        var offset: sqlite3_int64 = 0
        while offset < size {
            let count = Int32(min(sqlite3_int64(Self.pieceBytes), size - offset))
            code = methods.xRead(file, buffer, count, offset)
            guard code == SQLITE_OK else { return code }
            code = methods.xWrite(file, buffer, count, offset)
            guard code == SQLITE_OK else { return code }
            offset += sqlite3_int64(count)
        }
        return methods.xSync(file, SQLITE_SYNC_NORMAL)
    }
}
