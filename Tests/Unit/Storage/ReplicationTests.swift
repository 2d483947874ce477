import FoundationEssentials
import Lifecycle
import Processes
import Stores
import Support
import Synchronization
import Testing

@testable import Storage

/// A server that promised to wait for its standby, and did not.
@Suite(.enabled(if: !StoreFolder.isSQLite)) struct ReplicationTests {
    private static func operate(_ server: DatabaseServer, _ bed: Bed) throws -> any Connection {
        try PostgreSQLEngine(server.address, schema: "operator", log: bed.test.world.log)
            .connect(.reading)
    }

    private static func setStandby(_ name: String, by operating: any Connection) throws {
        let set = SQL(stringLiteral: "ALTER SYSTEM SET synchronous_standby_names = '\(name)'")
        try operating.run(set)
        try operating.run("SELECT pg_reload_conf()")
    }

    /// When the session that waits for a standby began to; nil when none does.
    private static func waiting(_ operating: any Connection) throws -> String? {
        try operating.query(
            """
            SELECT CAST(query_start AS TEXT) FROM pg_stat_activity WHERE wait_event = 'SyncRep'
            """
        ) { try $0.next(String.self) }.first
    }

    private static func until(_ isSo: () throws -> Bool) async throws {
        for _ in 0..<1_000 where try !isSo() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try isSo())
    }

    /// The server's warning that a commit was not replicated makes it unknown: it is answered only
    /// once it is known to be on the standby, and then as done, once.
    @Test func aCommitThatWasNotReplicatedIsNotAnswered() async throws {
        let bed = try Bed()
        let folder = try WorkFolder(named: "turnstile-replication")
        defer { folder.remove() }
        try folder.open()
        let server = DatabaseServer(in: folder, named: "server")
        try await server.start()
        let database = try await Database.open(
            .postgresql(url: server.address, schema: "test"), migrations: testSchema,
            world: bed.test.world)
        let id = bed.test.world.newID()
        let configuring = try Self.operate(server, bed)
        try Self.setStandby("nobody", by: configuring)
        configuring.close()
        // A server may take a while to go by a setting; not one that starts.
        try await server.restart()
        let operating = try Self.operate(server, bed)
        let isAnswered = Atomic(false)
        let write = Task {
            try await database.add(PoolRow(id, left: 1))
            isAnswered.store(true, ordering: .relaxed)
        }
        var last: String?
        for _ in 0..<3 {
            try await Self.until {
                let now = try Self.waiting(operating)
                return now != nil && now != last
            }
            last = try Self.waiting(operating)
            try operating.run(
                """
                SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'
                """)
        }
        try await Self.until { try Self.waiting(operating) != last }
        let isEarly = isAnswered.load(ordering: .relaxed)
        #expect(!isEarly)
        try Self.setStandby("", by: operating)
        try await write.value
        #expect(try await database.pool(id)?.left == 1)
        operating.close()
        await database.close()
        try await server.stop()
    }
}
