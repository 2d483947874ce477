import Lifecycle
import Support
import Synchronization
import Testing

@Suite struct BellTests {
    @Test func aRingEndsTheWait() throws {
        let test = TestWorld()
        try test.run {
            let bell = Bell()
            let waiter = test.scheduler.spawn {
                try await bell.wait(ms: 10_000, on: test.scheduler)
                return test.clock.now()
            }
            try await test.scheduler.sleep(ms: 5)
            let rung = test.clock.now()
            bell.ring()
            #expect(try await waiter.value == rung)
        }
    }

    @Test func withoutARingItEndsByItsTime() throws {
        let test = TestWorld()
        try test.run {
            let start = test.clock.now()
            try await Bell().wait(ms: 70, on: test.scheduler)
            #expect(start.millisecondsUntil(test.clock.now()) == 70)
        }
    }

    /// However often it is rung while nobody waits, the next wait alone is over at once.
    @Test func aRingBeforeTheWaitIsKept() throws {
        let test = TestWorld()
        try test.run {
            let bell = Bell()
            for _ in 0..<3 { bell.ring() }
            let start = test.clock.now()
            try await bell.wait(ms: 50, on: test.scheduler)
            #expect(test.clock.now() == start)
            try await bell.wait(ms: 50, on: test.scheduler)
            #expect(start.millisecondsUntil(test.clock.now()) == 50)
        }
    }

    @Test func aCancelledWaitThrowsAndLeavesTheBellAsItWas() throws {
        let test = TestWorld()
        try test.run {
            let bell = Bell()
            let waiter = test.scheduler.spawn {
                try await bell.wait(ms: 10_000, on: test.scheduler)
            }
            try await test.scheduler.sleep(ms: 5)
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
            bell.ring()
            let start = test.clock.now()
            try await bell.wait(ms: 50, on: test.scheduler)
            #expect(test.clock.now() == start)
        }
    }

    /// In no order of ringing and waiting is a ring lost: what was put down before it is seen.
    @Test func noRingIsLost() throws {
        for seed in UInt64(1)...200 {
            let test = TestWorld(seed: seed)
            try test.run {
                let bell = Bell()
                let putDown = Mutex(0)
                let start = test.clock.now()
                test.scheduler.spawn {
                    for _ in 0..<10 {
                        putDown.withLock { $0 += 1 }
                        bell.ring()
                        try await test.scheduler.sleep(ms: Int64(test.world.random.below(3)))
                    }
                }
                while putDown.withLock({ $0 }) < 10 {
                    try await bell.wait(ms: 1_000, on: test.scheduler)
                }
                #expect(start.millisecondsUntil(test.clock.now()) <= 20, "seed \(seed)")
            }
        }
    }
}
