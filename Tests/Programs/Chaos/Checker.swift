import FoundationEssentials
import Lifecycle
import Processes
import Wire

/// What the independent checker says: a script that reads the databases itself.
struct Verdict: Sendable {
    let checked: Int64
    let findings: [String]
    /// Numbers about the round, for people.
    let figures: String
}

/// Runs `check.py`, which shares no code with the services, and `selftest.py`, which judges it.
struct Checker: Sendable {
    let folder: WorkFolder
    /// Where the scripts lie.
    let scripts: String
    /// Where the databases are, if they are not in the folder.
    let postgresql: String?

    private static let settleSeconds = 90

    /// Returns once nothing is on its way any more, with what never came to its end.
    func settle() async throws -> [String] {
        let result = try await run("check.py", place + ["--settle", "\(Self.settleSeconds)"])
        return result.findings
    }

    /// Of services that have stopped.
    func check() async throws -> Verdict { try await run("check.py", place) }

    private var place: [String] { postgresql.map { ["--postgresql", $0] } ?? [] }

    /// Of the checker itself, on copies of a sound round: corruptions that it does not find.
    func selftest() async throws -> Verdict { try await run("selftest.py", []) }

    private func run(_ script: String, _ arguments: [String]) async throws -> Verdict {
        let output = folder.file("\(script)-\(arguments.count).json")
        let child = try await ChildProcess.start(
            "/usr/bin/env", ["python3", "-B", "\(scripts)/\(script)"] + arguments + [folder.path],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], log: output)
        let ending = await child.ending()
        let text = (try? String(contentsOf: URL(filePath: output), encoding: .utf8)) ?? ""
        guard ending == .exited(0) || ending == .exited(1), let value = try? Value(json: text),
            case .integer(let checked)? = value["checked"],
            case .array(let findings)? = value["findings"],
            case .text(let figures)? = value["figures"]
        else {
            throw ProcessError("the checker \(ending): \(text.suffix(500))")
        }
        let lines = findings.compactMap { if case .text(let line) = $0 { line } else { nil } }
        return Verdict(checked: checked, findings: lines, figures: figures)
    }
}
