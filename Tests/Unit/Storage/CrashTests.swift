import FoundationEssentials
import Glibc
import Lifecycle
import Stores
import Support
import Testing

@testable import Storage

@Suite struct CrashTests {
    /// A process that commits and is killed in the middle, again and again on the same file:
    /// whatever it had answered is there, and the feed has no gap.
    @Test func whatWasAnsweredSurvivesTheKill() async throws {
        let bed = try Bed()
        var answered: [Int64] = []
        for (round, answers) in [1, 40, 400, 1200].enumerated() {
            answered += try await numbersUntilKilled(
                bed, first: Int64(round) * 1_000_000, after: answers)
            let schema = Migration(
                1, "CREATE TABLE acknowledged (number BIGINT NOT NULL PRIMARY KEY, pad TEXT)")
            let database = try await bed.open(migrations: [schema])
            let stored = try await database.read {
                try $0.query("SELECT number FROM acknowledged ORDER BY number") {
                    try $0.next(Int64.self)
                }
            }
            #expect(Set(answered).subtracting(stored).isEmpty)
            let events = try await database.read {
                try $0.query("SELECT seq FROM outbox ORDER BY seq") { try $0.next(Int64.self) }
            }
            #expect(events == Array(1...Int64(stored.count)))
            #expect(database.feed.head == Int64(stored.count))
            await database.close()
        }
        #expect(answered.count >= 1641)
    }

    /// Runs the committing process, kills it after so many answers, and gives all that it printed.
    private func numbersUntilKilled(
        _ bed: Bed, first: Int64, after answers: Int
    ) async throws -> [Int64] {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, writing, STDOUT_FILENO)
        posix_spawn_file_actions_addclose(&actions, reading)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let program =
            tests.split(separator: "/").dropLast().map { "/" + $0 }.joined()
            + "/StorageCrash"
        var arguments: [UnsafeMutablePointer<CChar>?] = []
        let place =
            switch bed.location {
            case .postgresql(let url, let schema): [url, schema]
            default: ["sqlite:\(bed.directory.path)/test.db", "test"]
            }
        for argument in [program] + place + [String(first)] { arguments.append(strdup(argument)) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        let code = posix_spawn(&child, program, &actions, nil, &arguments, environ)
        try #require(code == 0)
        close(writing)
        return try await withCheckedThrowingContinuation { [child] continuation in
            do {
                try WorkerThread.start("crash-reader") {
                    let text = Self.readUntilKilled(child, reading, lines: answers)
                    continuation.resume(
                        returning: text.split(separator: "\n").compactMap { Int64($0) })
                }
            } catch { continuation.resume(throwing: error) }
        }
    }

    private static func readUntilKilled(
        _ child: pid_t, _ descriptor: Int32, lines limit: Int
    ) -> String {
        var bytes: [UInt8] = []
        var lines = 0
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
            let before = lines
            lines += chunk[..<count].count { $0 == UInt8(ascii: "\n") }
            if before < limit, lines >= limit { kill(child, SIGKILL) }
        }
        close(descriptor)
        var status: Int32 = 0
        waitpid(child, &status, 0)
        // The last line may be half a number.
        return String(
            decoding: bytes[..<((bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)], as: UTF8.self
        )
    }
}
