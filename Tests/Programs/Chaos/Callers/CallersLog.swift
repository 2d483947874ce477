import Contracts
import FoundationEssentials
import Glibc
import Lifecycle
import Processes
import RPC
import Synchronization
import Wire

/// What the callers were told, kept by themselves: a line of JSON an attempt, which the checker
/// compares with the databases. The services never see it.
final class CallersLog: Sendable {
    private let file: Int32
    private let world: World
    private let counts = Mutex((attempts: 0, unknown: [String]()))

    init(at path: String, world: World) throws {
        self.world = world
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ProcessError("cannot write \(path)") }
    }

    deinit { close(file) }

    var attempts: Int { counts.withLock { $0.attempts } }
    /// Attempts after which nobody can say whether they did something.
    var unknown: [String] { counts.withLock { $0.unknown } }

    func begin(_ id: UUID, _ what: String) {
        write(id, what, "begun", [])
    }

    func done(_ id: UUID, _ what: String, _ reply: some Body) {
        var reader = CBORReader(CBOR.encode(reply))
        write(id, what, "done", [("reply", (try? reader.readValue()) ?? .null)])
    }

    func failed(_ id: UUID, _ what: String, _ error: RPCError) {
        if !error.isRefusal, error.executed != false {
            counts.withLock { $0.unknown.append("\(what) \(id): \(error)") }
        }
        write(id, what, error.outcome.rawValue, [("error", error.value)])
    }

    private func write(
        _ id: UUID, _ what: String, _ outcome: String, _ rest: [(String, Value)]
    ) {
        counts.withLock { $0.attempts += 1 }
        let entry = Value.map(
            [
                ("at", .integer(world.now.milliseconds)), ("id", .id(id)), ("ask", .text(what)),
                ("outcome", .text(outcome)),
            ] + rest)
        let line = Array((entry.json + "\n").utf8)
        // One write a line: lines of several threads never mix.
        _ = line.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    }
}
