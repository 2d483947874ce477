/// What a server's state of five letters (Appendix A of PostgreSQL's manual) says of the statement
/// that got it. This is the one table of them.
///
/// A server that says any of these has not executed the statement, and keeps nothing of its
/// transaction: that is never an unknown commit, and no reason for the process to end. Only the
/// answer to COMMIT itself may hide a commit, when the connection ends with it (`endsSession`).
struct SQLState: Hashable, Sendable {
    /// Empty when it was not the server that spoke: the connection is gone.
    let text: String

    private enum Kind {
        /// The session is over, or no good any more; another one may do.
        case endsSession
        /// Another transaction was in the way.
        case conflict
        /// The server lacks something for a moment.
        case busy
        case full, constraint, corrupt
        /// Nobody gets in by trying again: name, password, database, right.
        case noEntry
        /// The statement is wrong.
        case statement
    }

    // By the codes of PostgreSQL, which have one spelling.
    private static let states: [String: Kind] = [
        // read_only_sql_transaction: it is a standby now, or a primary that was demoted.
        "25006": .endsSession,
        // idle_in_transaction_session_timeout, and idle_session_timeout
        "25P03": .endsSession, "57P05": .endsSession,
        // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped
        "57P01": .endsSession, "57P02": .endsSession, "57P03": .endsSession, "57P04": .endsSession,
        // A prepared statement is not there, or there already: somebody between us and the server
        // gave the session to others.
        "26000": .endsSession, "42P05": .endsSession,
        "40001": .conflict, "40P01": .conflict, "55P03": .conflict,
        // disk_full
        "53100": .full,
        // query_canceled
        "57014": .busy,
        "XX001": .corrupt, "XX002": .corrupt,
        // insufficient_privilege
        "42501": .noEntry,
    ]

    /// By their first two letters, where the table above says nothing.
    private static let classes: [String: Kind] = [
        // The connection; at COMMIT also transaction_resolution_unknown.
        "08": .endsSession,
        "23": .constraint,
        "28": .noEntry, "3D": .noEntry, "3F": .noEntry,
        // out_of_memory, too_many_connections, and the machine's own errors
        "53": .busy, "58": .busy,
    ]

    private var kind: Kind {
        if text.isEmpty { return .endsSession }
        return Self.states[text] ?? Self.classes[String(text.prefix(2))] ?? .statement
    }

    /// For a statement of a session that is open.
    var code: StorageError.Code {
        switch kind {
        case .endsSession: .connectionLost
        case .conflict: .conflict
        case .busy: .busy
        case .full: .storageFull
        case .constraint: .constraint
        case .corrupt: .corrupt
        case .noEntry, .statement: .statement
        }
    }

    /// For a session that is being opened: whether another try may help.
    var codeAtOpening: StorageError.Code {
        switch kind {
        case .endsSession, .conflict, .busy, .full: .connectionLost
        case .noEntry, .constraint, .corrupt, .statement: .cannotOpen
        }
    }

    /// The session that heard this does no more.
    var endsSession: Bool { kind == .endsSession }
}
