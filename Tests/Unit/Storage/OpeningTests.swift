import FoundationEssentials
import Glibc
import Lifecycle
import Stores
import Support
import Testing

@testable import Storage

@Suite struct OpeningTests {
    private func failure(of bed: Bed, _ location: DatabaseLocation? = nil) async -> StorageError? {
        await #expect(throws: StorageError.self) {
            _ = try await Database.open(
                location ?? bed.location, migrations: testSchema, world: bed.test.world)
        }
    }

    @Test(.enabled(if: StoreFolder.isSQLite)) func aSecondOwnerIsRefusedAndToldWhoTheFirstIs()
        async throws
    {
        let bed = try Bed()
        let database = try await bed.open()
        let error = await failure(of: bed)
        #expect(error?.code == .inUse)
        #expect(error?.message.contains("process \(getpid()) ") == true)
        await database.close()
        try await bed.open().close()
    }

    /// From before, when everybody could read it.
    @Test(.enabled(if: StoreFolder.isSQLite)) func anOpenFileIsClosedToOthers() async throws {
        let bed = try Bed()
        try await bed.open().close()
        let path = bed.directory.path + "/test.db"
        #expect(chmod(path, 0o644) == 0)
        try await bed.open().close()
        var about = stat()
        #expect(stat(path, &about) == 0 && about.st_mode & 0o777 == 0o600)
    }

    @Test(.enabled(if: StoreFolder.isSQLite)) func aMissingDirectoryIsNamed() async throws {
        let bed = try Bed()
        let error = await failure(of: bed, .file(bed.directory.path + "/nowhere/test.db"))
        #expect(error?.code == .cannotOpen)
        #expect(error?.message.contains("no directory \(bed.directory.path)/nowhere") == true)
    }

    @Test(.enabled(if: StoreFolder.isSQLite)) func aFileThatIsNoDatabaseIsRefusedAndLeftAlone()
        async throws
    {
        let bed = try Bed()
        let path = bed.directory.path + "/test.db"
        let text = Data(String(repeating: "not a database ", count: 500).utf8)
        try text.write(to: URL(filePath: path))
        let error = await failure(of: bed)
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains(path) == true)
        #expect(try Data(contentsOf: URL(filePath: path)) == text)
    }

    @Test(.enabled(if: StoreFolder.isSQLite)) func aDamagedFileIsRefused() async throws {
        let bed = try Bed()
        var database = try await bed.open()
        for index in Int64(0)..<200 {
            try await database.add(
                PoolRow(bed.test.world.newID(), left: index, note: "note number \(index)"))
        }
        await database.close()
        let path = bed.directory.path + "/test.db"
        var bytes = try Data(contentsOf: URL(filePath: path))
        for index in stride(from: 5 * 4096, to: bytes.count, by: 4096) {
            for place in index + 8..<index + 400 where place < bytes.count { bytes[place] ^= 0x5a }
        }
        try bytes.write(to: URL(filePath: path))
        #expect(await failure(of: bed)?.code == .corrupt)
        try FileManager.default.removeItem(atPath: path)
        database = try await bed.open()
        await database.close()
    }

    @Test func anEditedOrNewerMigrationIsRefused() async throws {
        let bed = try Bed()
        try await bed.open().close()
        let edited = [Migration(1, "CREATE TABLE pool (pool_id BYTEA NOT NULL PRIMARY KEY)")]
        let error = await #expect(throws: StorageError.self) {
            try await bed.open(migrations: edited)
        }
        #expect(error?.code == .schema)
        let older = await #expect(throws: StorageError.self) { try await bed.open(migrations: []) }
        #expect(older?.code == .schema)
        let newer =
            testSchema + [Migration(2, "CREATE TABLE more (id BIGINT NOT NULL PRIMARY KEY)")]
        try await bed.open(migrations: newer).close()
    }

    /// Whoever gave it mistook the file: they are told whose it is.
    @Test func theStoreOfAnotherServiceIsCalledByItsName() async throws {
        let bed = try Bed()
        let inventory = [Migration(1, "CREATE TABLE ticket_type (id BIGINT NOT NULL PRIMARY KEY)")]
        try await bed.open(migrations: inventory).close()
        let error = await #expect(throws: StorageError.self) {
            try await bed.open(migrations: testSchema)
        }
        #expect(error?.code == .schema && error?.isOfSetting == true)
        #expect(error?.message.contains("this is the store of Inventory;") == true)
        try await bed.open(migrations: inventory).close()
    }

    @Test func aFailedMigrationLeavesNothing() async throws {
        let bed = try Bed()
        let wrong = [
            Migration(1, "CREATE TABLE more (id BIGINT NOT NULL PRIMARY KEY); CREATE NONSENSE;")
        ]
        let error = await #expect(throws: StorageError.self) {
            try await bed.open(migrations: wrong)
        }
        #expect(error?.code == .statement)
        let right = [Migration(1, "CREATE TABLE more (id BIGINT NOT NULL PRIMARY KEY)")]
        try await bed.open(migrations: right).close()
    }

    @Test func theLocationIsParsed() throws {
        #expect(
            try DatabaseLocation(parsing: "sqlite:/var/lib/x.db", for: "test")
                == .file("/var/lib/x.db"))
        // It would be gone with the process.
        #expect(throws: StorageError.self) {
            try DatabaseLocation(parsing: "sqlite::memory:", for: "test")
        }
        for text in ["", "sqlite:", "mysql://x", "/var/lib/x.db"] {
            #expect(throws: StorageError.self) { try DatabaseLocation(parsing: text, for: "test") }
        }
    }

    @Test(.enabled(if: StoreFolder.isSQLite)) func tablesAreStoredByTheirPrimaryKey() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let tables = try await database.read {
            try $0.query("SELECT sql FROM sqlite_schema WHERE type = 'table'") {
                try $0.next(String.self)
            }
        }
        #expect(tables.count == 8)
        for table in tables { #expect(table.hasSuffix("WITHOUT ROWID")) }
        await database.close()
    }
}
