internal import Dispatch
internal import Glibc
internal import Synchronization

/// A program that this process started and awaits. Its input is empty, its output and errors go
/// to a file, and it dies with this process however that ends.
public final class ChildProcess: Sendable {
    public enum Ending: Hashable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case signalled(Int32)

        public var description: String {
            switch self {
            case .exited(let status): "exited with status \(status)"
            case .signalled(let signal): "was ended by signal \(signal)"
            }
        }
    }

    private enum State {
        /// Exits: ended.
        case running([CheckedContinuation<Ending, Never>])
        case ended(Ending)
    }

    public let processID: Int32
    private let state = Mutex(State.running([]))

    private init(processID: pid_t) { self.processID = processID }

    /// Starts `program` with this environment and no other, but for what sanitizers go by; `log` is
    /// appended to.
    public static func start(
        _ program: String, _ arguments: [String], environment: [String: String], log: String
    ) async throws -> ChildProcess {
        try await withCheckedThrowingContinuation { continuation in
            // A thread of its own starts the child and then waits for it: the kernel ends the child
            // when this thread ends, so nothing outlives us.
            DispatchQueue(label: "child \(program)").async {
                do {
                    let command = leashed([program] + arguments)
                    let child = ChildProcess(
                        processID: try spawn(command, environment: environment, log: log))
                    continuation.resume(returning: child)
                    child.reap()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// Returns at once when the child has ended already.
    public func ending() async -> Ending {
        await withCheckedContinuation { continuation in
            let known: Ending? = state.withLock {
                switch $0 {
                case .ended(let ending): return ending
                case .running(let waiters):
                    $0 = .running(waiters + [continuation])
                    return nil
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    public var hasEnded: Bool { state.withLock { if case .ended = $0 { true } else { false } } }

    /// Does nothing once the child has ended: its number may be another process by then.
    public func send(_ signal: Int32) {
        state.withLock { if case .running = $0 { _ = kill(processID, signal) } }
    }

    private func reap() {
        // Waits without taking the child away, so that its number stays its own until the state
        // says that it has ended.
        var info = siginfo_t()
        while waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (ending, waiters) = state.withLock {
            state -> (Ending, [CheckedContinuation<Ending, Never>]) in
            var status: Int32 = 0
            while waitpid(processID, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7f
            let ending = signal == 0 ? Ending.exited((status >> 8) & 0xff) : .signalled(signal)
            guard case .running(let waiters) = state else { return (ending, []) }
            state = .ended(ending)
            return (ending, waiters)
        }
        for waiter in waiters { waiter.resume(returning: ending) }
    }

    // MARK: Starting

    /// Debian's setpriv asks the kernel to end the program with the thread that started it.
    private static func leashed(_ command: [String]) -> [String] {
        let setpriv = "/usr/bin/setpriv"
        guard access(setpriv, X_OK) == 0 else { return command }
        return [setpriv, "--pdeathsig", "KILL", "--"] + command
    }

    private static func spawn(
        _ command: [String], environment: [String: String], log: String
    ) throws -> pid_t {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&files, 1, 2)

        // The child must not inherit signals that this process blocks or ignores.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let settings = environment.merging(forSanitizers) { given, _ in given }
            .sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let error = withCStrings(command) { arguments in
            withCStrings(settings) { variables in
                var processID = pid_t()
                let error = posix_spawn(
                    &processID, command[0], &files, &attributes, arguments, variables)
                return (error, processID)
            }
        }
        guard error.0 == 0 else {
            throw ProcessError("cannot start \(command[0]): \(String(cString: strerror(error.0)))")
        }
        return error.1
    }

    /// What holds for the tests holds for the programs that they start: Tests/Programs/Threads.
    private static var forSanitizers: [String: String] {
        ["LD_PRELOAD", "TSAN_OPTIONS"].reduce(into: [:]) { found, name in
            if let value = getenv(name) { found[name] = String(cString: value) }
        }
    }

    /// Lends the texts as C does: an array of pointers with a null at its end.
    private static func withCStrings<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}

/// Why a program could not be started or did not come up, for people.
public struct ProcessError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
