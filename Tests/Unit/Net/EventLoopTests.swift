import Lifecycle
import Synchronization
import Testing

@testable import Net

@Suite struct EventLoopTests {
    private func makeLoop() throws -> EventLoop {
        let loop = try EventLoop()
        try loop.start(name: "test-loop")
        return loop
    }

    /// The loop sleeps when they are handed in; without the one wake-up it would sleep on.
    @Test func jobsThatAreGatheredAllRun() async throws {
        let loop = try makeLoop()
        defer { loop.stop() }
        for _ in 0..<20 {
            let tasks = Mutex<[Task<Int, any Error>]>([])
            loop.gather {
                for number in 0..<10 {
                    let task = loop.spawn { number }
                    tasks.withLock { $0.append(task) }
                }
            }
            var sum = 0
            for task in tasks.withLock({ $0 }) { sum += try await task.value }
            #expect(sum == 45)
        }
    }

    @Test func whatComesAfterJobsRunsOnceTheJobHasEnded() async throws {
        let loop = try makeLoop()
        defer { loop.stop() }
        let order = Mutex<[String]>([])
        let note = { @Sendable (word: String) in order.withLock { $0.append(word) } }
        try await withCheckedThrowingContinuation {
            (ended: CheckedContinuation<Void, any Error>) in
            loop.spawn {
                loop.afterJobs {
                    note("after")
                    ended.resume()
                }
                note("job")
            }
        }
        #expect(order.withLock { $0 } == ["job", "after"])
    }

    @Test func fromElsewhereItRunsAtOnce() throws {
        let loop = try makeLoop()
        defer { loop.stop() }
        let ran = Mutex(false)
        loop.afterJobs { ran.withLock { $0 = true } }
        #expect(ran.withLock { $0 })
    }
}
