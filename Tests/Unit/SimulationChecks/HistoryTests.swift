import FoundationEssentials
import Processes
import Testing

@testable import Simulation

/// What a campaign of simulated histories rests on.
@Suite struct HistoryTests {
    /// The same seed, the same history, byte for byte, whatever ran in the process before it.
    @Test(arguments: [UInt64(1), 40, 77])
    func aSeedIsOneHistory(_ seed: UInt64) async throws {
        let folder = try WorkFolder(named: "turnstile-history")
        defer { folder.remove() }
        let alone = try await run(.init(first: seed, count: 1), folder)
        let again = try await run(.init(first: seed, count: 1), folder)
        let behindOthers = try await run(.init(first: seed - 1, count: 2), folder)
        #expect(alone == again && alone.last == behindOthers.last)
        #expect(alone.first?.violations == [] && (alone.first?.purchases ?? 0) > 0)
    }

    @Test func otherSeedsAreOtherHistories() async throws {
        let folder = try WorkFolder(named: "turnstile-history")
        defer { folder.remove() }
        let outcomes = try await run(.init(first: 1, count: 20), folder)
        #expect(Set(outcomes.map(\.fingerprint)).count == 20)
    }

    private func run(_ chunk: Options.Chunk, _ folder: WorkFolder) async throws -> [Outcome] {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let programs = tests.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        let file = folder.file("\(chunk.first)-\(chunk.count)-\(UUID())")
        let child = try await ChildProcess.start(
            programs + "/Simulation", ["--chunk", "\(chunk.first)", "\(chunk.count)"],
            environment: Worker.environment, log: file)
        #expect(await child.ending() == .exited(0))
        return try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(Outcome.self, from: Data($0.utf8))
        }
    }
}
