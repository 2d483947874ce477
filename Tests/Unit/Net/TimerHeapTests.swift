import Lifecycle
import Support
import Synchronization
import Testing

@testable import Net

@Suite struct TimerHeapTests {
    private final class Fired: Sendable {
        private let numbers = Mutex([Int]())
        func add(_ number: Int) { numbers.withLock { $0.append(number) } }
        var all: [Int] { numbers.withLock { $0 } }
    }

    /// A thousand timers in random order, half of them cancelled, against a sorted list.
    @Test func timersFireInOrderAndCancelledOnesNever() {
        let random = SeededRandom(seed: 11)
        let fired = Fired()
        var heap = TimerHeap()
        var expected: [(deadline: UInt64, number: Int)] = []
        for number in 0..<1_000 {
            let deadline = random.below(200)
            let id = heap.insert(at: deadline) { fired.add(number) }
            if random.below(2) == 0 {
                heap.cancel(id)
            } else {
                expected.append((deadline, number))
            }
        }
        for now in stride(from: UInt64(0), through: 200, by: 10) {
            while let action = heap.popDue(at: now) { action() }
            #expect(heap.nextDeadline() ?? .max > now)
        }
        expected.sort { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
        #expect(fired.all == expected.map(\.number))
        #expect(heap.nextDeadline() == nil)
    }
}
