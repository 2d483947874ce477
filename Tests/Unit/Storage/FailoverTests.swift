import Dispatch
import FoundationEssentials
import Lifecycle
import Processes
import Stores
import Support
import Synchronization
import Testing

@testable import Storage

/// A primary that is not the primary any more, and says so, or does not.
@Suite(.enabled(if: !StoreFolder.isSQLite)) struct FailoverTests {
    private struct Pair {
        let bed: Bed
        let folder: WorkFolder
        let server: DatabaseServer

        init() async throws {
            bed = try Bed()
            folder = try WorkFolder(named: "turnstile-failover")
            try folder.open()
            server = DatabaseServer(in: folder, named: "server")
            try await server.start()
        }

        /// An instance of a service, which knows both servers.
        func open() async throws -> Database {
            try await Database.open(
                .postgresql(url: server.addressOfPair, schema: "test"), migrations: testSchema,
                world: bed.test.world)
        }

        /// Tells the server at `port` something.
        func tell(port: Int, _ texts: String...) throws {
            let operating = try operate(port)
            defer { operating.close() }
            for text in texts { try operating.run(SQL(stringLiteral: text)) }
        }

        /// What the server at `port` knows.
        func left(port: Int) throws -> [Int64] {
            let operating = try operate(port)
            defer { operating.close() }
            return try operating.query("SELECT left_over FROM test.pool") {
                try $0.next(Int64.self)
            }
        }

        private func operate(_ port: Int) throws -> any Connection {
            try PostgreSQLEngine(
                "postgresql:///postgres?host=\(server.folder)&port=\(port)&user=turnstile"
                    + "&options=-c%20default_transaction_read_only%3Doff",
                schema: "operator", log: bed.test.world.log
            ).connect(.reading)
        }

        /// The old primary takes no writes any more, as whoever promotes a standby has it do.
        func demote() throws {
            try tell(
                port: 5432, "ALTER SYSTEM SET default_transaction_read_only = on",
                "SELECT pg_reload_conf()")
        }

        func end() async throws {
            try await server.stop()
            folder.remove()
        }
    }

    /// Queries go where the last write went, at once, and also where nothing is written.
    @Test func whoReadsFollowsWhoWrites() async throws {
        let pair = try await Pair()
        try await pair.server.addStandby()
        let (writer, other) = (try await pair.open(), try await pair.open())
        let id = pair.bed.test.world.newID()
        try await writer.add(PoolRow(id, left: 3))
        for database in [writer, other] { #expect(try await database.pool(id)?.left == 3) }
        try pair.demote()
        try await pair.server.promote()
        try await writer.write { try $0.update(PoolRow(id, left: 2)) }
        for database in [writer, other] {
            #expect(try await database.pool(id)?.left == 2)
            #expect(try await database.survey { try $0.find(PoolRow.self, id) }?.left == 2)
        }
        try await other.write { try $0.update(PoolRow(id, left: 1)) }
        #expect(try await writer.pool(id)?.left == 1)
        #expect(writer.feed.epoch == other.feed.epoch)
        await writer.close()
        await other.close()
        try await pair.end()
    }

    /// The old primary goes on to take writes, and stands first in the address: who has heard of
    /// the new one never goes back, and who starts looks at both.
    @Test func aPrimaryOfThePastThatTakesWritesIsLeftAlone() async throws {
        let pair = try await Pair()
        try await pair.server.addStandby()
        let database = try await pair.open()
        let id = pair.bed.test.world.newID()
        try await database.add(PoolRow(id, left: 3))
        try pair.tell(
            port: 5432, "ALTER SYSTEM SET synchronous_standby_names = ''",
            "SELECT pg_reload_conf()")
        try await pair.server.promote()
        let late = try await pair.open()
        try await late.write { try $0.update(PoolRow(id, left: 2)) }
        try pair.tell(
            port: 5433,
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'turnstile test'
            """)
        #expect(try await late.pool(id)?.left == 2)
        try await late.write { try $0.update(PoolRow(id, left: 1)) }
        #expect(try await late.pool(id)?.left == 1)
        #expect(try pair.left(port: 5432) == [3])
        #expect(try pair.left(port: 5433) == [1])
        await late.close()
        await database.close()
        try await pair.end()
    }

    /// What the server says before its COMMIT is no unknown commit, and ends no process.
    @Test func aServerThatTakesNoWritesIsWaitedForAndThenSaidToBeBusy() async throws {
        let pair = try await Pair()
        let fatal = Mutex<[StorageError.Code]>.Box([])
        let (runner, _) = try pair.bed.openRunner(
            engine: { real in
                let here = try? PostgreSQLEngine(
                    pair.server.address, schema: "test", log: pair.bed.test.world.log,
                    patienceMs: 100)
                return here ?? real
            }, onFatal: { error in fatal.value.withLock { $0.append(error.code) } })
        // From the fifth on a batch is sent as a whole, and told of at its COMMIT.
        for left in Int64(0)..<6 {
            let one = command {
                try $0.insert(PoolRow(pair.bed.test.world.newID(), left: left))
                return 1
            }
            runner.run([one])
            #expect(try one.outcome() == 1)
        }
        try pair.demote()
        // A session hears of it by a signal, which may take a moment.
        for _ in 0..<1_000 {
            let asked = command {
                try $0.query("SHOW default_transaction_read_only") {
                    try $0.next(String.self) == "on" ? 1 : 0
                }[0]
            }
            runner.run([asked])
            // Who is refused for it has heard too.
            if (try? asked.outcome()) != 0 { break }
        }
        for _ in 0..<2 {
            let one = command {
                try $0.insert(PoolRow(pair.bed.test.world.newID(), left: 9))
                return 1
            }
            runner.run([one])
            let error = #expect(throws: StorageError.self) { try one.outcome() }
            #expect(error?.code == .busy)
            guard case .unavailable = error?.fault else {
                Issue.record("nothing was executed, and it may be tried again")
                return
            }
        }
        #expect(fatal.value.withLock { $0 }.isEmpty)
        #expect(!pair.bed.test.logLines.all.contains { $0.contains("unknownCommit") })
        try pair.tell(
            port: 5432, "ALTER SYSTEM RESET default_transaction_read_only",
            "SELECT pg_reload_conf()")
        let last = command {
            try Int64($0.query("SELECT COUNT(*) FROM pool") { try $0.next(Int64.self) }[0])
        }
        runner.run([last])
        #expect(try last.outcome() == 6)
        runner.close()
        try await pair.end()
    }

    /// Too many connections, for a moment, when a service starts.
    @Test func aServerThatIsFullAtTheStartIsWaitedFor() async throws {
        let pair = try await Pair()
        try pair.tell(
            port: 5432, "CREATE ROLE poor LOGIN CONNECTION LIMIT 0", "CREATE SCHEMA poor",
            "GRANT ALL ON SCHEMA poor TO poor")
        let url = pair.server.address.replacing("user=turnstile", with: "user=poor")
        // By a thread of its own: on the pool of tests this could come when nobody waits any more.
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(700)) {
            do { try pair.tell(port: 5432, "ALTER ROLE poor CONNECTION LIMIT -1") } catch {
                Issue.record(error)
            }
        }
        let database = try await Database.open(
            .postgresql(url: url, schema: "poor"), migrations: testSchema,
            world: pair.bed.test.world)
        try await database.check()
        await database.close()
        try await pair.end()
    }

    /// As a pooler does that gives a session away after each transaction.
    @Test func twoConnectionsOfOneSessionAreRefused() throws {
        let bed = try Bed()
        guard case .postgresql(let url, let schema) = bed.location else { return }
        let engine = try PostgreSQLEngine(url, schema: schema, log: bed.test.world.log)
        let open = [try engine.connect(.writing), try engine.connect(.reading)]
        try engine.expectOwn("1 since yesterday")
        let error = #expect(throws: StorageError.self) {
            try engine.expectOwn("1 since yesterday")
        }
        #expect(error?.code == .cannotOpen && error?.message.contains("pool_mode") == true)
        for connection in open { connection.close() }
    }

    @Test func anAddressOfStandbysIsRefused() throws {
        for role in ["standby", "prefer-standby", "read-only"] {
            let error = #expect(throws: StorageError.self) {
                try PostgreSQLAddress(
                    "postgresql://a,b/x?target_session_attrs=\(role)", schema: "x")
            }
            #expect(error?.message.contains("read-write") == true)
        }
        for (url, count) in [
            ("postgresql:///x", 1), ("postgresql://a/x", 1), ("postgresql://a:1,b:2/x", 2),
            ("postgresql:///x?host=a,b,c&port=7", 3), ("postgresql:///x?host=a,b&port=1,2,3", 1),
        ] {
            #expect(try PostgreSQLAddress(url, schema: "x").places.count == count)
        }
    }
}

/// The words of a server that executed nothing, each in the one table.
@Suite struct SQLStateTests {
    @Test(
        arguments: [
            ("25006", .connectionLost), ("57P01", .connectionLost), ("57P02", .connectionLost),
            ("57P03", .connectionLost), ("08006", .connectionLost), ("", .connectionLost),
            ("26000", .connectionLost), ("53100", .storageFull), ("53200", .busy), ("53300", .busy),
            ("53400", .busy), ("58030", .busy), ("57014", .busy), ("40P01", .conflict),
            ("40001", .conflict), ("55P03", .conflict), ("23505", .constraint),
            ("XX001", .corrupt), ("42601", .statement), ("28P01", .statement),
        ] as [(String, StorageError.Code)])
    func isOfOneKind(_ state: String, _ code: StorageError.Code) {
        #expect(SQLState(text: state).code == code)
        let isOver = code == .connectionLost
        #expect(SQLState(text: state).endsSession == isOver)
    }

    @Test(
        arguments: [
            ("57P03", .connectionLost), ("53300", .connectionLost), ("53100", .connectionLost),
            ("28P01", .cannotOpen), ("3D000", .cannotOpen), ("42501", .cannotOpen),
        ] as [(String, StorageError.Code)])
    func saysWhetherToTryAgain(_ state: String, _ code: StorageError.Code) {
        #expect(SQLState(text: state).codeAtOpening == code)
    }

    @Test func isReadOffAMessage() {
        let message = """
            connection to server at "::1", port 5432 failed: FATAL:  53300: sorry, too many clients
            """
        #expect(PostgreSQLDial.state(in: message).text == "53300")
        #expect(PostgreSQLDial.state(in: "timeout expired").text.isEmpty)
    }
}
