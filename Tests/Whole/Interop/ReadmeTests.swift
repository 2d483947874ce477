import Contracts
import Foundation
import Lifecycle
import Net
import Processes
import RPC
import Testing

/// What the README shows runs, and what it names exists.
@Suite struct ReadmeTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
    private static let text =
        (try? String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)) ?? ""

    /// The fenced blocks of a language.
    private static func blocks(_ language: String) -> [String] {
        text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }

    @Test func everyFileThatItNamesExists() {
        let names = Self.text.components(separatedBy: "`").enumerated()
            .filter { index, name in index % 2 == 1 && !name.contains(" ") }.map(\.element)
            .filter { ["Shared/", "Services/", "Tests/", "deploy/"].contains(where: $0.hasPrefix) }
            .filter { !$0.hasSuffix("*") }
        #expect(names.count > 15)
        for name in names {
            let path = Self.root.appending(path: name).path
            #expect(FileManager.default.fileExists(atPath: path), "\(name)")
        }
    }

    /// The lines of "Start it by hand", with the programs of this build, in another home.
    @Test func startedByHandItLeavesTheWorkTreeAlone() async throws {
        let build = #"swift build -c release && export PATH="$PWD/.build/release:$PATH""#
        let block = try #require(Self.blocks("sh").first { $0.contains(build) })
        let home = try WorkFolder(named: "turnstile-by-hand")
        defer { home.remove() }
        let log = home.file("log")
        let programs = ServiceSuite.builtPrograms
        let script = """
            set -eu
            \(block.replacing(build, with: "export PATH=\"\(programs):$PATH\""))
            for try in $(seq 600); do
                [ "$(grep -c '"event":"listening"' "\(log)")" = 3 ] && break
                sleep 0.1
            done
            kill $(jobs -p)
            wait
            """
        let before = try Self.workTree()
        let child = try await ChildProcess.start(
            "/bin/bash", ["-c", script],
            environment: [
                "HOME": home.path, "PATH": "/usr/bin:/bin", "TURNSTILE_LISTEN": "127.0.0.1:0",
            ], log: log)
        #expect(await child.ending() == .exited(0), "\(home.lastLines(of: "log"))")
        #expect(try Self.workTree() == before)
        let made = try FileManager.default.contentsOfDirectory(atPath: home.file("turnstile"))
        #expect(made.contains("credentials") && made.contains("orders.db"), "\(made)")
        #expect(home.lastLines(of: "log", 40).count { $0.contains(#""event":"stopped""#) } == 3)
    }

    private static func workTree() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: root.path))
    }

    /// `TURNSTILE_WRITE_SCHEMA=1 swift test --filter ReadmeTests` writes the table anew.
    @Test func theBoundsAreThoseOfTheCode() throws {
        let table = /\| bound \|.*\n(\|.*\n)+/
        let file = Self.root.appending(path: "README.md")
        if ProcessInfo.processInfo.environment["TURNSTILE_WRITE_SCHEMA"] != nil {
            let text = Self.text.replacing(table) { _ in LimitPage.text }
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(
            text.contains(LimitPage.text),
            "run this test with TURNSTILE_WRITE_SCHEMA=1, and look at what has changed")
    }

    @Test func theGatewayBuysTwoTickets() async throws {
        let script = try #require(Self.blocks("python").first)
        #expect(script.components(separatedBy: "\n").count < 30)
        try await ServiceSuite.run(named: "readme") { suite, folder, world in
            let (event, type) = try await Self.publishEvent(
                suite.client(of: .inventory, as: "operator"), world)
            let file = folder.file("gateway.py")
            try script.write(toFile: file, atomically: true, encoding: .utf8)
            let orders = suite.address(of: .orders)
            let output = try await Python.run(
                file: file, [orders.host, "\(orders.port)", event.uuidString, type.uuidString],
                environment: ["TURNSTILE_CREDENTIALS": suite.credentialsFile(of: "gateway")])
            let codes = output.split(separator: "\n")
            #expect(codes.count == 2)
            #expect(codes.allSatisfy { $0.wholeMatch(of: /[0-9A-Z]{6}(-[0-9A-Z]{6}){3}/) != nil })
            await suite.stop()
        }
    }

    @Test func theGatewayAnswersPings() async throws {
        let script = try #require(Self.blocks("python").first)
        let folder = try WorkFolder(named: "turnstile-pings")
        defer { folder.remove() }
        let file = folder.file("gateway.py")
        try script.write(toFile: file, atomically: true, encoding: .utf8)
        let credentials = folder.file("credentials.json")
        let secret = Data(repeating: 7, count: 32).base64EncodedString()
        try #"{"identities": {"gateway": {"secrets": ["\#(secret)"]}}}"#.write(
            toFile: credentials, atomically: true, encoding: .utf8)
        let output = try await Python.run(
            "ping.py", [file, credentials], environment: ["TURNSTILE_CREDENTIALS": credentials])
        #expect(output == "it answers pings\n")
    }

    private static func publishEvent(_ staff: Client, _ world: World) async throws -> (UUID, UUID) {
        defer { staff.close() }
        let (event, type, euro) = (world.newID(), world.newID(), Currency("EUR"))
        let created = try await staff.call(
            InventoryAPI.createEvent,
            CreateEventRequest(
                eventId: event, title: "Club night",
                startsAt: world.now.advanced(byMs: 86_400_000), currency: euro, totalCapacity: 2))
        _ = try await staff.call(
            InventoryAPI.putTicketType,
            PutTicketTypeRequest(
                ticketTypeId: type, eventId: event, name: "Regular", price: Money(2_500, euro)))
        _ = try await staff.call(
            InventoryAPI.publishEvent,
            PublishEventRequest(eventId: event, expectedVersion: created.event.version))
        return (event, type)
    }
}
