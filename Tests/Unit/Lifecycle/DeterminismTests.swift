import Lifecycle
import Support
import Synchronization
import Testing

/// What a run did, step by step.
private final class History: Sendable {
    private let entries = Mutex([String]())
    func note(_ entry: String) { entries.withLock { $0.append(entry) } }
    var text: String { entries.withLock { $0.joined(separator: ",") } }
}

private actor Account {
    private var balance = 0
    func add(_ amount: Int) -> Int {
        balance += amount
        return balance
    }
}

/// Tasks, actors, groups, sleeps and cancellation, all mixed.
private func history(seed: UInt64) throws -> String {
    let test = TestWorld(seed: seed)
    let history = History()
    try test.run {
        let account = Account()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<5 {
                group.addTask {
                    for step in 0..<3 {
                        let balance = await account.add(worker + step)
                        history.note("\(worker).\(step)=\(balance)@\(test.clock.now())")
                        try await test.scheduler.sleep(ms: Int64(test.world.random.below(4)))
                    }
                }
            }
            try await group.waitForAll()
        }
        let sleeper = test.scheduler.spawn { try await test.scheduler.sleep(ms: 1_000_000) }
        sleeper.cancel()
        let result = await sleeper.result
        history.note("cancelled=\((try? result.get()) == nil)@\(test.clock.now())")
    }
    return history.text
}

@Suite struct DeterminismTests {
    @Test func theSameSeedGivesTheSameHistory() throws {
        for seed in UInt64(1)...200 {
            #expect(try history(seed: seed) == history(seed: seed), "seed \(seed)")
        }
    }

    @Test func seedsDiffer() throws {
        let histories = try Set((UInt64(1)...50).map { try history(seed: $0) })
        #expect(histories.count > 40)
    }

    @Test func aCancelledSleepTakesNoTime() throws {
        #expect(try history(seed: 7).contains("cancelled=true"))
        let test = TestWorld()
        #expect(throws: Deadlock.self) {
            try test.run {
                await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            }
        }
    }
}
