import FoundationEssentials
import Glibc
import Processes
import Support
import Testing

/// The executable itself, from its first log line to its exit status.
@Suite struct ExecutableTests {
    private static let secret = "AAAAAAAAAAAAAAAAAAAAAA=="

    /// One service on one database, and the commands that people type at it.
    private struct Desk {
        let folder: WorkFolder
        let environment: [String: String]

        init() throws {
            folder = try WorkFolder(named: "turnstile-executable")
            let port = try FreePorts.find(1)[0]
            environment = [
                "TURNSTILE_LISTEN": "127.0.0.1:\(port)",
                "TURNSTILE_DATABASE": "sqlite:\(folder.file("inventory.db"))",
                "TURNSTILE_CREDENTIALS": folder.file("credentials.json"),
            ]
            let text = """
                {"identities": {
                    "inventory": {"secrets": ["\(secret)"], "roles": ["inventory"]},
                    "operator": {"secrets": ["\(secret)"], "roles": ["operator"]}}}
                """
            _ = FileManager.default.createFile(
                atPath: folder.file("credentials.json"), contents: Data(text.utf8),
                attributes: [.posixPermissions: 0o644])
        }

        /// With a limit of open files that is too low for a server.
        func startPoor(log: String) async throws -> ChildProcess {
            try await ChildProcess.start(
                "/bin/sh",
                ["-c", "ulimit -S -n 200; exec \(ServiceSuite.builtPrograms)/inventory serve"],
                environment: environment, log: folder.file(log))
        }

        func start(_ arguments: [String], log: String) async throws -> ChildProcess {
            try await ChildProcess.start(
                "\(ServiceSuite.builtPrograms)/inventory", arguments, environment: environment,
                log: folder.file(log))
        }

        /// Runs a command to its end; gives its exit status and what it printed.
        func run(_ arguments: String...) async throws -> (ChildProcess.Ending, String) {
            let log = "out-\(UUID())"
            let ending = try await start(arguments, log: log).ending()
            return (ending, text(log))
        }

        func text(_ log: String) -> String {
            String(
                decoding: FileManager.default.contents(atPath: folder.file(log)) ?? Data(),
                as: UTF8.self)
        }
    }

    @Test func servesAnswersAndDrains() async throws {
        let desk = try Desk()
        defer { desk.folder.remove() }
        let (early, _) = try await desk.run("health", "--timeout-ms", "500")
        #expect(early == .exited(1))
        let service = try await desk.start(["serve"], log: "log")
        while !desk.text("log").contains("\"event\":\"listening\""), !service.hasEnded {
            await Task.yield()
        }
        #expect(try await desk.run("health") == (.exited(0), "inventory is serving\n"))
        let (second, why) = try await desk.run("serve", "--listen", "127.0.0.1:0")
        #expect(second == .exited(1), "\(why)")
        let (stats, json) = try await desk.run("call", "inventory.Stats")
        #expect(stats == .exited(0) && json.contains("\"storage.commits\""))
        let missing = #"{"eventId":"0199d3a0-0000-7000-8000-0000000000e1"}"#
        let (refused, error) = try await desk.run("call", "inventory.GetEvent", missing)
        #expect(refused == .exited(1) && error.contains("\"reason\": \"NOT_FOUND\""))
        let (typo, named) = try await desk.run("call", "inventory.GetEvent", #"{"evntId":1}"#)
        #expect(typo == .exited(2) && named.contains("there are: eventId"))
        let (verified, report) = try await desk.run("verify", "--settle")
        #expect(verified == .exited(0) && report.contains("0 violations"))
        let (far, remedy) = try await desk.run("health", "--address", "192.0.2.1:7101")
        #expect(far == .exited(2) && remedy.contains("TURNSTILE_PLAINTEXT=private-network"))
        service.send(15)
        #expect(await service.ending() == .exited(0))
        #expect(desk.text("log").contains("\"event\":\"stopped\""))
        // The file of this test was made for everybody to read; the store never is.
        #expect(desk.text("log").contains("\"event\":\"credentials.open_to_others\""))
        for file in ["inventory.db", "inventory.db-lock"] {
            var about = stat()
            #expect(stat(desk.folder.file(file), &about) == 0 && about.st_mode & 0o077 == 0)
        }
        #expect(!desk.text("log").contains(ExecutableTests.secret))
    }

    @Test func raisesTheLimitOfOpenFiles() async throws {
        let desk = try Desk()
        defer { desk.folder.remove() }
        let service = try await desk.startPoor(log: "log")
        while !desk.text("log").contains("\"event\":\"listening\""), !service.hasEnded {
            await Task.yield()
        }
        service.send(15)
        #expect(await service.ending() == .exited(0))
        let log = desk.text("log")
        #expect(log.contains("\"openFiles\":") && !log.contains("\"openFiles\":200,"))
        #expect(!log.contains("\"openFiles\":200}"))
    }

    /// The pipe is full before the service says its first word, and nobody reads it.
    @Test func servesThoughNobodyReadsItsLog() async throws {
        let desk = try Desk()
        defer { desk.folder.remove() }
        let path = desk.folder.file("log")
        try #require(mkfifo(path, 0o600) == 0)
        let pipe = open(path, O_RDWR | O_NONBLOCK)
        try #require(pipe >= 0)
        defer { close(pipe) }
        let full = [UInt8](repeating: 10, count: 4_096)
        while write(pipe, full, full.count) > 0 {}
        let service = try await desk.start(["serve"], log: "log")
        var health = ChildProcess.Ending.exited(1)
        while health != .exited(0), !service.hasEnded {
            health = try await desk.run("health", "--timeout-ms", "500").0
        }
        #expect(health == .exited(0))
        service.send(15)
        #expect(await service.ending() == .exited(0))
        // A wrong setting is told to whoever reads, and ends the process all the same.
        let wrong = try await desk.start(["serve", "--listen", "nowhere"], log: "log")
        #expect(await wrong.ending() == .exited(2))
    }

    /// A terminal that closes, or somebody who wants a reload, does not end it without a drain.
    @Test(arguments: [SIGHUP, SIGUSR1, SIGUSR2])
    func goesOnAfterASignalThatIsNotForIt(_ signal: Int32) async throws {
        let desk = try Desk()
        defer { desk.folder.remove() }
        let service = try await desk.start(["serve"], log: "log")
        while !desk.text("log").contains("\"event\":\"listening\""), !service.hasEnded {
            await Task.yield()
        }
        service.send(signal)
        while !desk.text("log").contains("signal_ignored"), !service.hasEnded {
            await Task.yield()
        }
        #expect(try await desk.run("health").0 == .exited(0))
        service.send(SIGQUIT)
        #expect(await service.ending() == .exited(0))
        #expect(desk.text("log").contains("\"event\":\"stopped\""))
    }

    /// A supervisor need not start it again: only the setting mends it.
    @Test(arguments: [
        ("--database", "mysql:inventory", "TURNSTILE_DATABASE"),
        ("--database", "sqlite:/nowhere/at/all/inventory.db", "/nowhere/at/all"),
        ("--database", "postgresql://%zz", "TURNSTILE_DATABASE"),
        ("--listen", "somewhere", "TURNSTILE_LISTEN"),
        ("--credentials", "/nowhere/credentials.json", "TURNSTILE_CREDENTIALS"),
        ("--plaintext", "yes", "TURNSTILE_PLAINTEXT"),
        ("--colour", "red", "--colour"),
    ])
    func aWrongSettingEndsWithTwo(_ flag: String, _ value: String, _ named: String) async throws {
        let desk = try Desk()
        defer { desk.folder.remove() }
        let (ending, text) = try await desk.run("serve", flag, value)
        #expect(ending == .exited(2), "\(text)")
        #expect(text.contains(named), "\(text)")
    }

    /// 203.0.113.0/24 is nobody's (RFC 5737).
    @Test func anAddressOfAnotherMachineEndsWithTwo() async throws {
        let desk = try Desk()
        defer { desk.folder.remove() }
        let (ending, text) = try await desk.run(
            "serve", "--listen", "203.0.113.1:7101", "--plaintext", "private-network")
        #expect(ending == .exited(2), "\(text)")
        #expect(text.contains("TURNSTILE_LISTEN: cannot listen at 203.0.113.1:7101"), "\(text)")
    }

    @Test func whatIsNoMessageIsToldByName() async throws {
        let desk = try Desk()
        defer { desk.folder.remove() }
        let (ending, text) = try await desk.run("call", "inventory.Stats", "null")
        #expect(ending == .exited(2), "\(text)")
        #expect(text.contains("body must be an object, not null"), "\(text)")
    }

    @Test func saysWhatItIs() async throws {
        let desk = try Desk()
        defer { desk.folder.remove() }
        let (version, text) = try await desk.run("--version")
        #expect(version == .exited(0) && text.hasPrefix("turnstile inventory "))
        let (help, page) = try await desk.run("--help")
        #expect(help == .exited(0) && page.contains("TURNSTILE_LISTEN"))
        let (described, fields) = try await desk.run("describe", "inventory.Reserve")
        #expect(described == .exited(0) && fields.contains("holdId"))
        let (reasons, list) = try await desk.run("describe", "--reasons")
        #expect(reasons == .exited(0) && list.contains("INSUFFICIENT_INVENTORY"))
        let (reason, detail) = try await desk.run("describe", "HOLD_EXPIRED")
        #expect(reason == .exited(0) && detail.contains("reclaimable"))
        let (limits, bounds) = try await desk.run("describe", "--limits")
        #expect(limits == .exited(0) && bounds.contains("waitsPerConnection"))
        let (wrong, message) = try await desk.run("frobnicate")
        #expect(wrong == .exited(2) && message.contains("--help"))
    }
}
