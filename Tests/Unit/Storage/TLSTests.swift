import FoundationEssentials
import Lifecycle
import Processes
import Stores
import Support
import Testing

@testable import Storage

/// TLS to the server is libpq's, asked for by the address.
@Suite(.enabled(if: !StoreFolder.isSQLite)) struct TLSTests {
    @Test func aServerIsKnownByItsCertificate() async throws {
        let world = TestWorld().world
        let folder = try WorkFolder(named: "turnstile-tls")
        defer { folder.remove() }
        try folder.open()
        let port = try FreePorts.find(1)[0]
        let server = DatabaseServer(in: folder, named: "server")
        let other = DatabaseServer(in: folder, named: "other")
        try await server.startTLS(port: port)
        try await other.startTLS(port: try FreePorts.find(1)[0])

        let address = "postgresql://turnstile@localhost:\(port)/postgres?sslmode="
        let database = try await Database.open(
            .postgresql(
                url: address + "verify-full&sslrootcert=\(server.folder)/server.crt",
                schema: "test"),
            migrations: testSchema, world: world)
        let id = world.newID()
        try await database.add(PoolRow(id, left: 7))
        #expect(try await database.pool(id)?.left == 7)
        let versions = try await database.read { reader in
            try reader.query("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()") {
                try $0.next(String.self)
            }
        }
        #expect(versions.count == 1 && versions[0].hasPrefix("TLS"), "\(versions)")
        await database.close()

        let refused = [
            "disable": "no encryption",
            "verify-full&sslrootcert=\(other.folder)/server.crt": "certificate verify failed",
        ]
        for (mode, why) in refused {
            let error = #expect(throws: StorageError.self) {
                try PostgreSQLEngine(address + mode, schema: "x", log: world.log, patienceMs: 0)
                    .connect(.writing)
            }
            #expect(error?.code == .cannotOpen)
            #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
        }
        try await server.stop()
        try await other.stop()
    }
}
