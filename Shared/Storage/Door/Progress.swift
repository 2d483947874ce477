internal import FoundationEssentials
internal import Lifecycle
import Synchronization

/// What the committed part of the database has come to: the feed's head with those who wait for
/// it, and the counters.
final class Progress: Sendable {
    private struct State {
        var feedID: UUID
        var epoch: Int64 = 0
        var head: Int64 = 0
        var isRestored = false
        var counters = EngineCounters()
        var waiters: [(id: UInt64, after: Int64, waiter: FeedWaiter)] = []
        var nextWaiter: UInt64 = 0
        var isLookedAt = false
        // By identities, which the credentials name.
        var pagesOf: [String: Int] = [:]
    }

    private let state: Mutex<State>

    init(feedID: UUID) { state = Mutex(State(feedID: feedID)) }

    var feedID: UUID { state.withLock { $0.feedID } }
    var epoch: Int64 { state.withLock { $0.epoch } }
    var head: Int64 { state.withLock { $0.head } }
    var isRestored: Bool { state.withLock { $0.isRestored } }
    var counters: EngineCounters { state.withLock { $0.counters } }

    func begin(_ writer: any Writer, isRestored: Bool) {
        state.withLock {
            $0.feedID = writer.feedID
            $0.epoch = writer.epoch
            $0.head = writer.feed
            $0.isRestored = isRestored
        }
    }

    /// Another epoch than this process began with: a standby has become the server since.
    func see(epoch: Int64) { state.withLock { $0.epoch = max($0.epoch, epoch) } }

    func setRestored(_ isRestored: Bool) { state.withLock { $0.isRestored = isRestored } }

    func count(_ counters: EngineCounters) { state.withLock { $0.counters = counters } }

    /// Tells those who wait, in the order in which they came.
    func advance(to head: Int64) {
        let due = state.withLock { state in
            guard head > state.head else { return [FeedWaiter]() }
            state.head = head
            let due = state.waiters.filter { $0.after < head }.map(\.waiter)
            state.waiters.removeAll { $0.after < head }
            return due
        }
        for waiter in due { waiter.end(.success(())) }
    }

    /// True for the one who is to look at the feed while somebody waits.
    func beginLooking() -> Bool {
        state.withLock { state in
            defer { state.isLookedAt = true }
            return !state.isLookedAt
        }
    }

    /// False, and the end of looking, when nobody waits any more.
    func goOnLooking() -> Bool {
        state.withLock { state in
            state.isLookedAt = !state.waiters.isEmpty
            return state.isLookedAt
        }
    }

    /// Nil when the feed is past `after` already.
    func add(_ waiter: FeedWaiter, after: Int64) -> UInt64? {
        state.withLock { state in
            guard state.head <= after else { return nil }
            state.nextWaiter += 1
            state.waiters.append((state.nextWaiter, after, waiter))
            return state.nextWaiter
        }
    }

    func remove(_ id: UInt64) { state.withLock { $0.waiters.removeAll { $0.id == id } } }

    /// False when this reader has so many pages already.
    func beginPage(of reader: String, most: Int) -> Bool {
        state.withLock { state in
            guard state.pagesOf[reader, default: 0] < most else { return false }
            state.pagesOf[reader, default: 0] += 1
            return true
        }
    }

    func endPage(of reader: String) {
        state.withLock { state in
            let left = state.pagesOf[reader, default: 1] - 1
            state.pagesOf[reader] = left > 0 ? left : nil
        }
    }
}
