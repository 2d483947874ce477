import FoundationEssentials
import Glibc
import Processes
import RPC
import Testing

@testable import Command

/// What `deploy/credentials` writes: each party's own secret and what it must judge, nothing else.
@Suite struct CredentialsTests {
    private static let script = URL(filePath: #filePath)
        .appending(path: "../../../../deploy/credentials").standardized.path

    private static let parties = ["gateway", "inventory", "operator", "orders", "payments"]

    /// Runs the script; gives its exit status and what it printed.
    private static func run(
        _ arguments: [String], in folder: WorkFolder
    ) async throws -> (ChildProcess.Ending, String) {
        let log = folder.file("out")
        let child = try await ChildProcess.start(
            script, arguments, environment: ["PATH": "/usr/bin:/bin"], log: log)
        let ending = await child.ending()
        let text = FileManager.default.contents(atPath: log) ?? Data()
        return (ending, String(decoding: text, as: UTF8.self))
    }

    @Test func everyPartyGetsItsOwnFile() async throws {
        let folder = try WorkFolder(named: "turnstile-credentials")
        defer { folder.remove() }
        #expect(try await Self.run([folder.file("c")], in: folder) == (.exited(0), ""))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("c")).sorted()
        #expect(files == Self.parties.map { "\($0).json" })
        var known: [String: Credentials] = [:]
        for party in Self.parties {
            let path = folder.file("c/\(party).json")
            known[party] = try Configuration.credentials(at: path)
            var about = stat()
            #expect(stat(path, &about) == 0 && about.st_mode & 0o777 == 0o600, "\(party)")
        }
        let judged = known.mapValues { $0.identities.keys.sorted() }
        #expect(
            judged == [
                "gateway": ["gateway"], "operator": ["operator"],
                "inventory": ["gateway", "inventory", "operator", "orders"],
                "orders": ["gateway", "operator", "orders", "payments"],
                "payments": ["gateway", "operator", "orders", "payments"],
            ])
        for (party, credentials) in known {
            #expect((credentials.ticketKeys[1] != nil) == (party == "orders"), "\(party)")
            #expect((credentials.webhookSecrets["sim"] != nil) == (party == "payments"), "\(party)")
            for (name, identity) in credentials.identities {
                #expect(identity.secrets == known[name]?.identities[name]?.secrets, "\(name)")
            }
        }
        #expect(Set(known.compactMap { $1.identities[$0]?.secrets.first }).count == 5)
    }

    @Test func nothingIsWrittenOver() async throws {
        let folder = try WorkFolder(named: "turnstile-credentials")
        defer { folder.remove() }
        #expect(try await Self.run([folder.file("c")], in: folder).0 == .exited(0))
        let (again, why) = try await Self.run([folder.file("c")], in: folder)
        #expect(again == .exited(2) && why.contains("exists; remove it first"))
        let (file, reason) = try await Self.run([folder.file("out")], in: folder)
        #expect(file == .exited(2) && reason.contains("is a file; name a folder"))
    }
}
