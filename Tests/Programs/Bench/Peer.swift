import CLinux
import Glibc
import Lifecycle
import Processes

/// This program again, in another process and another part: it says its port on the first line of
/// its output, and ends when its input is closed, so that no peer can be left behind.
struct Peer {
    let port: UInt16
    private let process: pid_t
    private let input: Int32

    /// Starts `Bench PART ARGUMENTS…`, on one processor if it is named.
    init(_ part: String, _ arguments: [String] = [], processor: Int? = nil) throws {
        var toPeer: [Int32] = [0, 0]
        var fromPeer: [Int32] = [0, 0]
        guard pipe2(&toPeer, O_CLOEXEC) == 0, pipe2(&fromPeer, O_CLOEXEC) == 0 else {
            throw BenchError("pipe: \(String(cString: strerror(errno)))")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toPeer[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromPeer[1], 1)
        let program = [CommandLine.arguments[0], part] + arguments
        let words = (processor.map { ["taskset", "-c", "\($0)"] } ?? []) + program
        var pid: pid_t = 0
        var argv = words.map { strdup($0) } + [nil]
        defer { for word in argv { free(word) } }
        let code = posix_spawnp(&pid, words[0], &actions, nil, &argv, environ)
        close(toPeer[0])
        close(fromPeer[1])
        guard code == 0 else { throw BenchError("spawn: \(String(cString: strerror(code)))") }
        process = pid
        input = toPeer[1]
        port = try Self.readPort(fromPeer[0])
        close(fromPeer[0])
    }

    /// Processor time it has used, in nanoseconds.
    var processorNanoseconds: UInt64 { Processes.processorNanoseconds(of: process) }

    func stop() {
        close(input)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    private static func readPort(_ descriptor: Int32) throws -> UInt16 {
        var text = ""
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1, byte != 10 {
            text.unicodeScalars.append(.init(byte))
        }
        guard let port = UInt16(text) else { throw BenchError("the peer did not say its port") }
        return port
    }

    /// The peer's side: says its port, then waits for the end.
    static func serve(at port: UInt16) -> Never {
        print(port)
        fflush(nil)
        var byte: UInt8 = 0
        while read(0, &byte, 1) > 0 {}
        endProcess(0)
    }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Keeps this thread on one processor.
func pin(to processor: Int) {
    var set = [UInt8](repeating: 0, count: 128)
    set[processor / 8] |= 1 << UInt8(processor % 8)
    sched_setaffinity(0, set.count, set)
}

/// Lets this thread run anywhere again.
func unpin() {
    let set = [UInt8](repeating: 0xff, count: 128)
    sched_setaffinity(0, set.count, set)
}
