import FoundationEssentials
import Net
import Processes
import RPC
import Testing

@testable import Command

@Suite struct ConfigurationTests {
    private static let program = Program(
        "orders", "", port: 7102, methods: [], migrate: { _, _, _, _ in false },
        peers: ["inventory"], settings: [.init("TURNSTILE_OWN", "--own", "its own")]
    ) { _ in throw ConfigurationError("not opened here") }

    private static let key = "AAAAAAAAAAAAAAAAAAAAAA=="
    private static let good =
        #"{"identities": {"orders": {"secrets": ["\#(key)"], "roles": []}}}"#

    @Test func whatIsNotSetHasADefault() throws {
        let configuration = try configure([:])
        #expect(configuration.listen == Address(host: "127.0.0.1", port: 7102))
        #expect(configuration.database == "sqlite:orders.db")
        #expect(configuration.peers == ["inventory": [Address(host: "127.0.0.1", port: 7101)]])
        #expect(configuration["TURNSTILE_OWN"] == nil)
    }

    @Test func aFlagWinsOverItsVariable() throws {
        let configuration = try configure(
            ["TURNSTILE_LISTEN": "127.0.0.1:1", "TURNSTILE_OWN": "a"],
            flags: ["--listen": "[::1]:2", "--inventory": "localhost:7101"])
        #expect(configuration.listen == Address(host: "::1", port: 2))
        #expect(configuration.peers == ["inventory": [Address(host: "localhost", port: 7101)]])
        #expect(configuration["TURNSTILE_OWN"] == "a")
    }

    @Test func plainTextLeavesTheMachineOnlyWhenToldSo() throws {
        let everywhere = ["TURNSTILE_LISTEN": "0.0.0.0:7102"]
        #expect(throws: ConfigurationError.self) { try configure(everywhere) }
        let allowed = ["TURNSTILE_PLAINTEXT": "private-network"].merging(everywhere) { $1 }
        #expect(try configure(allowed).listen.host == "0.0.0.0")
        // Whoever dials is heard on the way too.
        let dialling = ["TURNSTILE_INVENTORY": "127.0.0.1:1,192.0.2.1:7101"]
        let error = #expect(throws: ConfigurationError.self) { try configure(dialling) }
        #expect(
            error?.description.hasPrefix("TURNSTILE_INVENTORY is 192.0.2.1:7101, beyond") == true)
    }

    /// Each names the variable that is wrong.
    @Test(arguments: [
        (["TURNSTILE_LISTEN": "7102"], "TURNSTILE_LISTEN is \"7102\"; an address is"),
        (["TURNSTILE_INVENTORY": ":1"], "TURNSTILE_INVENTORY is \":1\"; an address is"),
        (["TURNSTILE_PLAINTEXT": "yes"], "TURNSTILE_PLAINTEXT is \"yes\"; it is private-network"),
        (["TURNSTILE_CREDENTIALS": "/nowhere"], "TURNSTILE_CREDENTIALS: cannot read /nowhere"),
    ])
    func wrongSettings(_ environment: [String: String], _ message: String) {
        let error = #expect(throws: ConfigurationError.self) { try configure(environment) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("{", "TURNSTILE_CREDENTIALS:"),
        ("{}", "has no \"identities\""),
        (#"{"identities": {"orders": {"roles": []}}}"#, "has no \"secrets\""),
        (#"{"identities": {"orders": {"secrets": [], "roles": []}}}"#, "at least one secret"),
        (
            #"{"identities": {"orders": {"secrets": ["AAAA"], "roles": []}}}"#,
            "each of at least 16 bytes"
        ),
        (#"{"identities": {}}"#, "has no identity \"orders\""),
        (#"{"identities": {}, "ticketKey": "AAAA"}"#, "ticketKey: has at least 32 bytes"),
        (
            #"{"identities": {}, "webhookSecrets": {"sim": ["AAAAAAAAAAAAAAAAAAAAAA==", "AAAA"]}}"#,
            "webhookSecrets: each secret has at least 16 bytes"
        ),
    ])
    func wrongCredentials(_ file: String, _ message: String) {
        let error = #expect(throws: ConfigurationError.self) { try configure([:], file: file) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    /// A file from before there were any is as good as ever.
    @Test func webhookSecretsMayBeMissing() throws {
        #expect(try configure([:]).credentials.webhookSecrets == [:])
        let file = Self.good.dropLast() + #", "webhookSecrets": {"sim": ["\#(Self.key)"]}}"#
        let credentials = try configure([:], file: String(file)).credentials
        #expect(credentials.webhookSecrets == ["sim": [[UInt8](repeating: 0, count: 16)]])
        #expect(credentials.identities.count == 1)
    }

    /// However libpq lets them be spelled, and where it understands nothing.
    @Test(arguments: [
        "postgresql://turnstile:s3cret@db:5432/orders", "postgres://turnstile:s3cret@db/orders",
        "postgresql://turnstile@db/orders?password=s3cret",
        "postgresql:///orders?host=db&user=turnstile&password=s3cret",
        "postgresql://turnstile@db/orders?passw%6Frd=s3%63ret&sslmode=require",
        "postgresql://turnstile@db/orders?sslpassword=s3cret",
        "host=db user=turnstile password=s3cret dbname=orders",
        "host=db user=turnstile password = 's3cret' dbname=orders",
        "postgresql://turnstile:s3cret@db:port/orders", "postgresql:/turnstile:s3cret@db",
        "mysql://turnstile:s3cret@db/orders", "password=s3cret nonsense",
    ])
    func secretsAreMasked(_ address: String) throws {
        let configuration = try configure(["TURNSTILE_DATABASE": address])
        #expect(configuration.database == address)
        #expect(!configuration.summary.contains("s3cret"), "\(configuration.summary)")
        #expect(!configuration.summary.contains("s3%63ret"))
        #expect(!configuration.summary.contains("AAAA"))
    }

    @Test func whatIsNoSecretIsShown() throws {
        func shown(_ address: String) throws -> String {
            try configure(["TURNSTILE_DATABASE": address]).summary
        }
        #expect(try shown("sqlite:/a:b/c.db").contains("TURNSTILE_DATABASE=sqlite:/a:b/c.db"))
        let address = "postgresql://turnstile:s3cret@db:5432/orders"
        for part in ["user=turnstile", "password=***", "host=db", "port=5432", "dbname=orders"] {
            #expect(try shown(address).contains(part))
        }
    }

    private func configure(
        _ environment: [String: String], flags: [String: String] = [:], file: String = good
    ) throws -> Configuration {
        let folder = try WorkFolder(named: "turnstile-command")
        defer { folder.remove() }
        let path = folder.file("credentials.json")
        _ = FileManager.default.createFile(atPath: path, contents: Data(file.utf8))
        return try Configuration(
            of: Self.program, flags: flags,
            environment: ["TURNSTILE_CREDENTIALS": path].merging(environment) { $1 })
    }
}
