import Lifecycle
import Synchronization
import Testing

@Suite struct WorkerThreadTests {
    @Test func aThreadRunsItsBody() async throws {
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            do { try WorkerThread.start("thread-tests") { done.resume() } } catch {
                done.resume(throwing: error)
            }
        }
    }

    /// No machine has room for such a stack, so that the kernel refuses as it does at a limit.
    @Test func aThreadThatCannotBeStartedIsAnError() {
        let error = #expect(throws: NoThread.self) {
            try WorkerThread.start("loop", stackBytes: 1 << 50) {}
        }
        #expect(error?.description.hasPrefix("no thread for loop: ") == true)
    }
}
