import FoundationEssentials
import Glibc
import Lifecycle
import Processes
import Stores
import Support
import Synchronization
import Testing
import Wire

@testable import Storage

/// A stock of something, with the guard that a database CHECK gives it.
struct PoolRow: StoredRow, Equatable {
    static let table = TableLayout("pool", of: Self.self)

    let key: UUID
    var left: Int64
    var note: String?

    init(_ key: UUID, left: Int64, note: String? = nil) {
        self.key = key
        self.left = left
        self.note = note
    }

    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        key = c("pool_id", it) { $0.key }
        left = c("left_over", it) { $0.left }
        note = c("note", it) { $0.note }
    }
}

/// A row whose key has two columns.
struct LineRow: StoredRow, Equatable {
    struct Key: CompoundKey {
        let hold: UUID
        let number: Int64

        init(hold: UUID, number: Int64) {
            self.hold = hold
            self.number = number
        }

        static func walk<Row>(
            _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
        ) -> Self {
            Self(
                hold: c("hold_id", it) { get($0).hold },
                number: c("number", it) { get($0).number })
        }
    }

    static let table = TableLayout("line", of: Self.self)

    let key: Key
    var quantity: Int64

    init(_ hold: UUID, _ number: Int64, quantity: Int64) {
        key = Key(hold: hold, number: number)
        self.quantity = quantity
    }

    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        key = Key.walk(c, it) { $0.key }
        quantity = c("quantity", it) { $0.quantity }
    }
}

let testSchema = [
    Migration(
        1,
        """
        CREATE TABLE pool (
            pool_id BYTEA NOT NULL PRIMARY KEY, left_over BIGINT NOT NULL CHECK (left_over >= 0),
            note TEXT);
        CREATE TABLE line (
            hold_id BYTEA NOT NULL, number BIGINT NOT NULL, quantity BIGINT NOT NULL,
            PRIMARY KEY (hold_id, number));
        CREATE UNIQUE INDEX pool_note ON pool (note);
        """)
]

struct Refused: Error, Equatable {}

/// A database and a world to open it in.
struct Bed {
    let directory: StoreFolder
    let test: TestWorld

    init() throws {
        directory = try StoreFolder()
        test = TestWorld()
    }

    var location: DatabaseLocation { directory.location("test") }
    var isShared: Bool { !StoreFolder.isSQLite }

    func open(
        _ mode: Database.Mode = .thread, migrations: [Migration] = testSchema
    ) async throws -> Database {
        try await Database.open(
            location, migrations: migrations, world: test.world, mode: mode)
    }

    /// A new database, whose scheduler runs for one that needs it.
    func run(
        _ mode: Database.Mode, _ body: @escaping @Sendable (Database) async throws -> Void
    ) async throws {
        let work: @Sendable () async throws -> Void = { [self] in
            let database = try await open(mode)
            try await body(database)
            await database.close()
        }
        switch mode {
        case .thread: try await work()
        case .scheduled: try test.run(work)
        }
    }

    /// The part below the door, so that a test decides which commands share a batch.
    func openRunner(
        engine: (any Engine) -> any Engine = { $0 },
        onFatal: @escaping @Sendable (StorageError) -> Void = { _ in }
    ) throws -> (runner: BatchRunner, progress: Progress) {
        let real = try location.engine(test.world.log)
        let progress = Progress(feedID: test.world.newID())
        let settings = DoorSettings(
            engine: engine(real), migrations: testSchema,
            volume: location.volume, world: test.world, onFatal: onFatal,
            progress: progress)
        return (try settings.openRunner().runner, progress)
    }
}

/// A command whose outcome the test reads after its batch.
struct TestCommand {
    let command: Command
    private let value = Outcome<Int64>()

    init(
        _ lane: Lane = .normal, essential: Bool = false,
        _ body: @escaping @Sendable (Batch) throws -> Int64
    ) {
        let value = value
        command = Command(lane, isEssential: essential) { batch in value.keep { try body(batch) } }
    }

    func outcome() throws -> Int64 {
        try command.outcome()
        return try value.take()
    }
}

func command(
    _ lane: Lane = .normal, _ body: @escaping @Sendable (Batch) throws -> Int64
) -> TestCommand {
    TestCommand(lane, body)
}

extension BatchRunner {
    func run(_ commands: [TestCommand]) { run(commands.map(\.command)) }
}

extension Database {
    func add(_ row: some StoredRow) async throws { try await write { try $0.insert(row) } }

    func pool(_ id: UUID) async throws -> PoolRow? {
        try await read { try $0.find(PoolRow.self, id) }
    }
}

extension DatabaseServer {
    /// One beside the tests', with data in the folder.
    init(in folder: WorkFolder, named name: String) {
        self.init(
            in: folder.file(name),
            script: #filePath.replacing(/Tests\/Unit\/Storage\/.*/) { _ in "deploy/postgresql" },
            log: folder.file("log"))
    }
}
