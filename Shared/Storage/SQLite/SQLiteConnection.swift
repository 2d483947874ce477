internal import CSQLite

/// One connection to an SQLite database, with its prepared statements.
///
/// The write-ahead log is synced at every commit (`synchronous=FULL`). It is checkpointed by the
/// writing connection between commits, moderately and without truncating it, so that its blocks
/// are used again: a file that grows makes every sync slower.
final class SQLiteConnection: Connection {
    /// Pages in the log after which they are copied back: 4 MiB, so that who meets it waits little.
    private static let pagesBeforeCheckpoint: Int32 = 1024
    private static let statementsKept = 256
    private static let lookaside: (size: Int32, slots: Int32) = (1200, 128)
    private static let withoutMemoryCount = turnstile_sqlite_without_memory_count()

    let handle: OpaquePointer
    let session: Int64 = 0
    let hasCostlyStatements = false
    var counters = EngineCounters()
    private let dialect: Dialect
    private let purpose: ConnectionPurpose
    /// By our own SQL.
    private var statements: [String: SQLiteStatement] = [:]
    private var pagesInLog: Int32 = 0

    init(
        path: String, in fileSystem: String?, _ purpose: ConnectionPurpose, _ dialect: Dialect
    ) throws {
        self.purpose = purpose
        self.dialect = dialect
        _ = Self.withoutMemoryCount
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &opened, flags, fileSystem)
        guard code == SQLITE_OK, let opened else {
            let cause = String(cString: sqlite3_errstr(code))
            sqlite3_close_v2(opened)
            throw StorageError(.cannotOpen, cause)
        }
        guard sqlite3_db_readonly(opened, "main") == 0 else {
            sqlite3_close_v2(opened)
            throw StorageError(.cannotOpen, "the file is read-only: its disk or its rights say so")
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, 2000)
        // Either is speed alone: a library that was in use before, or has none of it, goes on.
        _ = turnstile_sqlite_lookaside(handle, Self.lookaside.size, Self.lookaside.slots)
        // Who closes a database that is not sound must not take its log away.
        _ = turnstile_sqlite_keep_log(handle, purpose == .writing ? 1 : 0)
        do {
            if purpose == .writing { try checkIsNotCutOff(path) }
            try setUp()
        } catch {
            close()
            throw error
        }
    }

    private func setUp() throws {
        let settings = [
            "journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0",
            "temp_store = MEMORY", "cache_size = -\(purpose == .writing ? 8192 : 4096)",
            "trusted_schema = OFF",
            "query_only = \(purpose == .reading ? "ON" : "OFF")",
        ]
        for setting in settings { try prepare("PRAGMA \(setting)").run(ColumnWriter()) }
        guard purpose == .writing else { return }
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                let connection = Unmanaged<SQLiteConnection>.fromOpaque(context)
                connection.takeUnretainedValue().pagesInLog = pages
                return SQLITE_OK
            }, context)
    }

    /// Throws `corrupt` unless every page, every index and the log is sound. What is in the log is
    /// on the disk then, whatever became of the process before.
    func check() throws {
        let findings = try query("PRAGMA quick_check(3)") { try $0.next(String.self) }
        guard findings == ["ok"] else {
            throw StorageError(.corrupt, findings.joined(separator: "; "))
        }
        let pageBytes = try query("PRAGMA page_size") { try $0.next(Int64.self) }.first ?? 0
        let log = try LogFile(of: handle, pageBytes: pageBytes)
        try log?.check()
        try log?.secure()
        _ = turnstile_sqlite_keep_log(handle, 0)
    }

    /// A database that is empty although it has a log has lost what was in it. SQLite would take it
    /// for a new one, and throw the log away.
    private func checkIsNotCutOff(_ path: String) throws {
        guard let file = RawFile(of: handle, SQLITE_FCNTL_FILE_POINTER), try file.size() == 0
        else { return }
        var system: UnsafeMutablePointer<sqlite3_vfs>?
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_VFS_POINTER, &system)
        var hasLog: Int32 = 0
        _ = system?.pointee.xAccess(system, path + "-wal", SQLITE_ACCESS_EXISTS, &hasLog)
        guard hasLog == 0 else {
            throw StorageError(.corrupt, "the file is empty, but it has a log")
        }
    }

    func prepare(_ text: String) throws -> any PreparedStatement {
        if let known = statements[text] { return known }
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(
            handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw error(code, "preparing \(text)") }
        let statement = try SQLiteStatement(prepared, self, text: text)
        statements[text] = statement
        return statement
    }

    func begin() throws {
        forgetStatementsBeyondLimit()
        try prepare(purpose == .writing ? dialect.beginWriting : dialect.beginReading)
            .run(ColumnWriter())
    }

    func commit() throws {
        do { try prepare("COMMIT").run(ColumnWriter()) } catch let error as StorageError {
            // A commit that fails for another reason than these leaves it open whether the log
            // holds it, and whether the kernel still has what it could not write.
            switch error.code {
            case .storageFull, .busy, .constraint: throw error
            default: throw StorageError(.inputOutput, error.message)
            }
        }
        guard purpose == .writing else { return }
        counters.commits += 1
        counters.syncs += 1
    }

    func rollback() {
        counters.rollbacks += 1
        guard sqlite3_get_autocommit(handle) == 0 else { return }
        _ = try? prepare("ROLLBACK").run(ColumnWriter())
    }

    /// There is one file, whoever asks.
    func leave() {}
    func rest(ms: Int64) {}

    func maintain() {
        guard pagesInLog >= Self.pagesBeforeCheckpoint else { return }
        var (inLog, copied): (Int32, Int32) = (0, 0)
        sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, &inLog, &copied)
        counters.checkpoints += 1
        counters.syncs += 2
        pagesInLog = 0
    }

    func close() {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Lists in SQL make texts without end; hot statements are prepared again soon enough.
    private func forgetStatementsBeyondLimit() {
        guard statements.count > Self.statementsKept else { return }
        statements.removeAll()
    }

    /// The error of a result code; the message is SQLite's own, without any value.
    func error(_ code: Int32, _ context: String) -> StorageError {
        let cause = String(cString: sqlite3_errmsg(handle))
        let kind: StorageError.Code =
            switch code & 0xff {
            case SQLITE_FULL: .storageFull
            case SQLITE_BUSY, SQLITE_LOCKED: .busy
            case SQLITE_CONSTRAINT: .constraint
            case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
            case SQLITE_IOERR: .inputOutput
            case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM: .cannotOpen
            default: .statement
            }
        return StorageError(kind, "\(cause) (\(code)) \(context)")
    }
}
