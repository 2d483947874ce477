internal import FoundationEssentials
internal import Glibc

/// A PostgreSQL server of our own, or a pair of them, managed by `deploy/postgresql`.
public struct DatabaseServer: Sendable {
    public let folder: String
    private let script: String
    private let log: String

    /// - Parameters:
    ///   - folder: where its data lie, or will; its account must be able to enter.
    ///   - script: `deploy/postgresql`.
    public init(in folder: String, script: String, log: String) {
        self.folder = folder
        self.script = script
        self.log = log
    }

    /// For `TURNSTILE_DATABASE`.
    public var address: String { "postgresql:///postgres?host=\(folder)&user=turnstile" }

    /// Of the primary and its standby, whichever takes writes.
    public var addressOfPair: String {
        "postgresql:///postgres?host=\(folder),\(folder)&port=5432,5433&user=turnstile"
            + "&target_session_attrs=read-write"
    }

    public func start() async throws { try await tell("start", ["shared_buffers=64MB"]) }

    /// One that is reached at localhost by TLS alone.
    public func startTLS(port: UInt16) async throws { try await tell("tls", ["port=\(port)"]) }

    /// Stops it as a crash would, and starts it again.
    public func restart() async throws { try await tell("restart") }

    /// Adds a standby that every commit waits for.
    public func addStandby() async throws { try await tell("standby") }

    /// Promotes the standby, while the primary goes on.
    public func promote() async throws { try await tell("promote") }

    /// Kills the primary and promotes its standby.
    public func fail() async throws { try await tell("fail") }

    /// And removes all that it had.
    public func stop() async throws { try await tell("stop") }

    private func tell(_ command: String, _ settings: [String] = []) async throws {
        var environment = ["PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        // By which whoever started this finds what is left.
        environment["TURNSTILE_RUN"] = getenv("TURNSTILE_RUN").map { String(cString: $0) }
        let child = try await ChildProcess.start(
            script, [command, folder] + settings, environment: environment, log: log)
        let ending = await child.ending()
        guard ending == .exited(0) else {
            throw ProcessError("\(script) \(command) \(ending); see \(log)")
        }
    }
}
