import Foundation
import Glibc
import Lifecycle
import Support
import Synchronization

@testable public import Storage

/// Where the databases of one test lie, which outlive the services that open them: files of a
/// folder, memory, or schemas of the PostgreSQL server that `TURNSTILE_TEST_POSTGRESQL` names, so
/// that one body tests both engines. They go with their last user.
public final class StoreFolder: Sendable {
    public static let server = ProcessInfo.processInfo.environment["TURNSTILE_TEST_POSTGRESQL"]
    public static var isSQLite: Bool { server == nil }
    /// Of many histories that differ by what is drawn: all on SQLite; over PostgreSQL, where each
    /// begins with databases of its own and takes far longer, two of seven: among them are odd
    /// ones and even ones, and those of every other short period.
    public static func some<Elements: Sequence>(of all: Elements) -> [Elements.Element] {
        all.enumerated().filter { isSQLite || $0.offset % 7 < 2 }.map(\.element)
    }

    private static let count = Atomic<Int>(0)

    public let path: String
    private let isInMemory: Bool
    private let name: String
    private let schemas = Mutex<Set<String>>([])

    public init(inMemory isInMemory: Bool = false) throws {
        self.isInMemory = isInMemory
        name = "t\(getpid())_\(Self.count.add(1, ordering: .relaxed).newValue)"
        var template = Array("/tmp/turnstile-stores-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
        for schema in schemas.withLock({ $0 }) { Self.drop(schema) }
    }

    /// The same name is the same database.
    public func location(_ name: String) -> DatabaseLocation {
        guard let server = Self.server else {
            return isInMemory ? .memory : .file("\(path)/\(name).db")
        }
        let schema = "\(self.name)_\(name)"
        schemas.withLock { _ = $0.insert(schema) }
        return .postgresql(url: server, schema: schema)
    }

    /// A database that no other call gives.
    public func newLocation() -> DatabaseLocation {
        location("new\(Self.count.add(1, ordering: .relaxed).newValue)")
    }

    private static func drop(_ schema: String) {
        guard let server, let engine = try? PostgreSQLEngine(server, schema: schema, log: log),
            let connection = try? engine.connect(.writing)
        else { return }
        defer { connection.close() }
        do {
            try connection.prepare("DROP SCHEMA \(schema) CASCADE").run(ColumnWriter())
        } catch { print("schema \(schema) is left: \(error)") }
    }

    private static var log: Log { TestWorld().world.log }
}
