internal import CPostgres

/// One session with a server. Statements travel in a pipeline: they are sent without waiting, and
/// what became of them is read when a result is needed (chapter 34.5 of PostgreSQL's manual).
///
/// The server skips everything behind a statement that fails, up to the next mark, so that nothing
/// is committed that was sent before its failure was known.
final class PostgreSQLSession {
    /// What was sent and is not answered yet.
    private enum Sent {
        case preparation(PostgreSQLStatement)
        case change(PostgreSQLStatement, rows: Int?)
        case commit
        case mark

        var isMark: Bool {
            if case .mark = self { return true }
            return false
        }

        /// Stands before the COMMIT of its transaction.
        var isStatement: Bool {
            switch self {
            case .preparation, .change: true
            case .commit, .mark: false
            }
        }
    }

    /// So many answers fit into the buffers of any socket: neither side ever waits for the other
    /// to read first.
    private static let unansweredAtMost = 256

    /// Of the statements that are prepared here: another era knows none of those before.
    var era: Int64
    private let handle: OpaquePointer
    private let notices: PostgreSQLNotices
    private var sent: [Sent] = []
    private var parameters = PostgreSQLParameters()
    private var isReading = false
    /// Set when the server will not do, though it answers: it is a standby now.
    private var isUseless = false
    /// The last failure was the server's own word.
    private var isSpoken = false

    let place: PostgreSQLPlace
    /// The number of the server's history, as the session began.
    let timeline: Int64
    /// The first failure of the transaction was the server's word on a statement before COMMIT.
    private var isRefused = false

    init(
        _ handle: OpaquePointer, era: Int64, _ place: PostgreSQLPlace, timeline: Int64
    ) throws {
        self.handle = handle
        self.era = era
        self.place = place
        self.timeline = timeline
        notices = PostgreSQLNotices(of: handle)
        guard PQenterPipelineMode(handle) == 1 else { throw lost("entering the pipeline") }
    }

    deinit { PQfinish(handle) }

    var isLost: Bool { isUseless || PQstatus(handle) != CONNECTION_OK }

    // MARK: Sending

    /// Sends a statement whose rows nobody reads, and which must change so many.
    func enqueue(
        _ statement: PostgreSQLStatement, _ values: ColumnWriter, changing rows: Int?
    ) throws {
        try send(statement, values)
        sent.append(.change(statement, rows: rows))
        guard sent.count >= Self.unansweredAtMost else { return }
        try flush(PQsendFlushRequest(handle))
        try readAnswers()
    }

    /// Undoes what is open without waiting for the answer. What is not answered yet no longer
    /// matters, but a failure among it would make the server skip this too.
    func rollback(_ statement: PostgreSQLStatement) throws {
        if !sent.isEmpty {
            try flush(PQsendFlushRequest(handle))
            do { try readAnswers() } catch  where isLost { throw error } catch {}
        }
        try send(statement, ColumnWriter())
        sent.append(.change(statement, rows: nil))
        try mark()
    }

    /// Throws `unknownCommit` once the statement may have reached the server and no answer came. A
    /// server that refused what stands before it, whatever it does then, has committed nothing.
    func commit(_ statement: PostgreSQLStatement) throws {
        isRefused = false
        try send(statement, ColumnWriter())
        sent.append(.commit)
        notices.begin()
        do {
            try mark()
            try readAnswers()
        } catch let error as StorageError where error.code == .connectionLost && !isRefused {
            throw StorageError(.unknownCommit, error.message)
        }
        if let warning = notices.warning { throw StorageError(.unknownCommit, warning) }
    }

    /// Runs to the end, each row passing through `onRow`; gives the number of rows changed. What
    /// stands outside of a transaction is committed by the mark behind it.
    func run(
        _ statement: PostgreSQLStatement, _ values: ColumnWriter, isAlone: Bool,
        onRow: (any ResultRow) throws -> Void
    ) throws -> Int {
        try send(statement, values)
        sent.append(.change(statement, rows: nil))
        try flush(PQsendFlushRequest(handle))
        try readAnswers(butTheLast: 1)
        sent.removeAll(keepingCapacity: true)
        isReading = true
        defer { isReading = false }
        PQsetSingleRowMode(handle)
        var changed = 0
        var unwanted: (any Error)?
        var failure: StorageError?
        while let result = PQgetResult(handle) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_SINGLE_TUPLE:
                guard unwanted == nil else { continue }
                do { try onRow(PostgreSQLRow(result)) } catch { unwanted = error }
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK: changed = Self.changed(result)
            default: failure = failure ?? error(result, in: statement.text)
            }
        }
        if isLost { throw failure ?? lost(statement.text) }
        if failure != nil || isAlone {
            // After a failure the server skips what follows up to a mark.
            try mark()
            try readAnswers()
        }
        if let error = failure ?? unwanted { throw error }
        return changed
    }

    private func send(_ statement: PostgreSQLStatement, _ values: ColumnWriter) throws {
        guard !isReading else {
            throw StorageError(.statement, "runs among another's rows: \(statement.text)")
        }
        guard !isLost else { throw lost(statement.text) }
        if statement.preparedIn != era || !statement.fits(values) {
            let types = values.cells.map(PostgreSQLParameters.type)
            statement.take(types)
            let code = PQsendPrepare(
                handle, statement.name, statement.text, Int32(clamping: types.count), types)
            guard code == 1 else { throw refused(statement.text) }
            sent.append(.preparation(statement))
            statement.preparedIn = era
        }
        let code = parameters.with(values) { count, values, lengths, formats in
            PQsendQueryPrepared(handle, statement.name, count, values, lengths, formats, 1)
        }
        guard code == 1 else { throw refused(statement.text) }
    }

    private func mark() throws {
        sent.append(.mark)
        guard PQpipelineSync(handle) == 1 else { throw lost("a mark") }
    }

    private func flush(_ code: Int32) throws {
        guard code == 1, PQflush(handle) >= 0 else { throw lost("sending") }
    }

    // MARK: Reading

    /// Reads what became of all that was sent, but for so many that came last; throws the first
    /// failure, and then nothing is left to read.
    private func readAnswers(butTheLast unread: Int = 0) throws {
        var failure: StorageError?
        var index = 0
        while index < sent.count - (failure == nil ? unread : 0) {
            let next = sent[index]
            index += 1
            guard let error = read(next) else { continue }
            let isFirst = failure == nil
            failure = failure ?? error
            if isFirst { isRefused = next.isStatement && isSpoken }
            // The server skips what follows up to a mark, which there must be.
            if isFirst, !isLost, !sent[index...].contains(where: \.isMark) { try mark() }
        }
        if failure != nil || unread == 0 { sent.removeAll(keepingCapacity: true) }
        if let failure { throw failure }
        if isLost { throw lost("reading answers") }
    }

    private func read(_ next: Sent) -> StorageError? {
        switch next {
        case .mark:
            let result = PQgetResult(handle)
            defer { PQclear(result) }
            return PQresultStatus(result) == PGRES_PIPELINE_SYNC ? nil : lost("a mark")
        case .preparation(let statement):
            let (failure, _) = readOne(statement.text)
            if failure != nil { statement.preparedIn = nil }
            return failure
        case .change(let statement, let rows):
            let (failure, changed) = readOne(statement.text)
            if let failure { return failure }
            guard let rows, rows != changed else { return nil }
            return StorageError(.missingRow, "\(changed) rows, not \(rows): \(statement.text)")
        case .commit:
            let (failure, _) = readOne("COMMIT", tag: "COMMIT")
            return failure
        }
    }

    /// What one statement has come to; a commit that only ended a failed transaction has another
    /// tag than its own.
    private func readOne(_ text: String, tag: String? = nil) -> (StorageError?, changed: Int) {
        var changed = 0
        var failure: StorageError?
        var isAnswered = false
        while let result = PQgetResult(handle) {
            defer { PQclear(result) }
            isAnswered = true
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
                changed = Self.changed(result)
                guard let tag, String(cString: PQcmdStatus(result)) != tag else { continue }
                failure = StorageError(.statement, "the transaction had failed: \(text)")
            case PGRES_PIPELINE_ABORTED:
                failure = failure ?? StorageError(.statement, "skipped after a failure: \(text)")
            default: failure = failure ?? error(result, in: text)
            }
        }
        return (isAnswered ? failure : lost(text), changed)
    }

    private static func changed(_ result: OpaquePointer) -> Int {
        guard let count = PQcmdTuples(result) else { return 0 }
        return Int(String(cString: count)) ?? 0
    }

    // MARK: Errors

    private func error(_ result: OpaquePointer?, in text: String) -> StorageError {
        let failure = PostgreSQLFailure(result)
        isSpoken = !failure.state.text.isEmpty
        if failure.state.endsSession { isUseless = true }
        if PQstatus(handle) != CONNECTION_OK {
            return StorageError(
                .connectionLost, "\(failure.message) (\(failure.state.text)) in \(text)")
        }
        return failure.error(in: text)
    }

    private func refused(_ text: String) -> StorageError {
        isLost ? lost(text) : StorageError(.statement, "\(Self.message(of: handle)) in \(text)")
    }

    private func lost(_ text: String) -> StorageError {
        isSpoken = false
        return StorageError(.connectionLost, "\(Self.message(of: handle)) in \(text)")
    }

    static func message(of handle: OpaquePointer) -> String {
        let text = String(cString: PQerrorMessage(handle))
        let lines = text.split(whereSeparator: \.isNewline)
        return lines.isEmpty ? "the connection is gone" : lines.joined(separator: "; ")
    }
}
