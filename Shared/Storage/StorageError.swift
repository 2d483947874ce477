public import Lifecycle

/// What goes wrong between a service and its database. It never crosses the wire: the router
/// turns its `fault` into what does. The message keeps the statement, never its values.
public struct StorageError: FaultError, SettingError, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Too many commands wait. Nothing was done.
        case overloaded
        /// The database is closed or closing. Nothing was done.
        case closed
        /// The caller gave up before its command began. Nothing was done.
        case cancelled
        /// Somebody else holds a lock for too long, or the server is away. Nothing was done.
        case busy
        /// Another transaction was in the way. Nothing was done; it is tried again inside.
        case conflict
        /// The connection was lost before a commit. Nothing was done; it is tried again inside.
        case connectionLost
        /// No room on the disk. Nothing was done.
        case storageFull
        /// A primary key, a unique index or a CHECK refused: a bug in the command that wrote.
        case constraint
        /// A row that is updated or deleted does not exist.
        case missingRow
        /// Stored data has another type or shape than the code expects.
        case corrupt
        /// The statement is wrong.
        case statement
        /// The file cannot be opened, or is no database of ours.
        case cannotOpen
        /// Another process has the file.
        case inUse
        /// The schema is newer than this program, or an applied migration was changed.
        case schema
        /// A newer owner of the database has taken over; this process must stop.
        case fenced
        /// The disk failed. What was being written may or may not be stored; the process must stop.
        case inputOutput
        /// The connection was lost during COMMIT. Settled inside; it never reaches a caller.
        case unknownCommit
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code.rawValue): \(message)" }

    public var isOfSetting: Bool { code == .cannotOpen || code == .schema }

    public var fault: Fault {
        switch code {
        case .overloaded, .closed, .cancelled, .busy, .conflict, .connectionLost: .unavailable
        case .storageFull: .storageFull
        case .inputOutput, .unknownCommit, .fenced: .unknownOutcome
        case .constraint, .missingRow, .corrupt, .statement, .cannotOpen, .inUse, .schema: .internal
        }
    }
}
