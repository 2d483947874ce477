internal import Lifecycle

/// Where a database lies; `TURNSTILE_DATABASE` says one of the first two.
public enum DatabaseLocation: Sendable, Hashable {
    /// An SQLite file, which this process alone may have open.
    case file(String)
    /// A schema of a PostgreSQL database, which several instances of a service share. The schema is
    /// made when it is missing.
    case postgresql(url: String, schema: String)
    /// Gone with the process; always on the scheduler.
    case memory
    /// A file of another file system, which SQLite was given under this name: a simulated disk.
    /// There is no lock beside it.
    case virtual(fileSystem: String, path: String)

    /// Reads `sqlite:/path/to/file` or `postgresql://…`, where every service has a schema of its
    /// own name: the three may share one database. What keeps nothing is no place for a service.
    public init(parsing text: String, for service: String) throws {
        let scheme = "sqlite:"
        if !text.hasPrefix(scheme), PostgreSQLAddress.isValid(text) {
            self = .postgresql(url: text, schema: service)
            return
        }
        let rest = text.dropFirst(scheme.count)
        guard text.hasPrefix(scheme), !rest.isEmpty, rest != ":memory:" else {
            throw StorageError(
                .cannotOpen,
                "TURNSTILE_DATABASE is sqlite:/path/to/file, postgresql://user@host/database or "
                    + "what else libpq reads, such as host=db-a,db-b user=turnstile")
        }
        self = .file(String(rest))
    }

    /// The setting as it may be shown: a file as it stands, an address without its secrets.
    public static func masked(_ text: String) -> String {
        if text.hasPrefix("sqlite:") { return text }
        return PostgreSQLAddress.masked(text) ?? "(no address, so it is not shown)"
    }

    /// The place of a second database of the same service: `orders.db` has `orders.db.sim`.
    public func beside(_ name: String) -> DatabaseLocation {
        switch self {
        case .file(let path): .file("\(path).\(name)")
        case .postgresql(let url, let schema): .postgresql(url: url, schema: "\(schema)_\(name)")
        case .memory: .memory
        case .virtual(let system, let path): .virtual(fileSystem: system, path: "\(path).\(name)")
        }
    }

    /// Nil when nobody looks how much room is left.
    var volume: (any Volume)? {
        switch self {
        case .file(let path): LocalVolume(databasePath: path)
        case .memory, .virtual, .postgresql: nil
        }
    }

    func engine(_ log: Log) throws -> any Engine {
        switch self {
        case .file(let path): try SQLiteEngine(file: path)
        case .postgresql(let url, let schema): try PostgreSQLEngine(url, schema: schema, log: log)
        case .memory: SQLiteEngine(unlocked: ":memory:")
        case .virtual(let system, let path): SQLiteEngine(unlocked: path, fileSystem: system)
        }
    }
}
