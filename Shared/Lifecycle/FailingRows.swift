internal import FoundationEssentials
import Synchronization

/// The rows that a job could not deal with: each is set aside for a pause that doubles with every
/// failure, so that none of them stops the others or is tried without end. In memory alone: another
/// process tries them anew.
///
/// Each failure is an alarm: a line `row_set_aside` that names the row, and the counter
/// `KIND.set_aside`.
public final class FailingRows<ID: Hashable & Sendable>: Sendable {
    private struct Failure {
        var count: Int64
        /// The scheduler's uptime in nanoseconds when it may be tried again.
        var until: UInt64
    }

    private static var pauses: RetryPolicy { RetryPolicy(firstMs: 1_000, longestMs: 300_000) }
    /// Of more rows those that come back soonest are forgotten, and so come back at once.
    private static var most: Int { 10_000 }

    private let kind: String
    private let world: World
    private let failures = Mutex<[ID: Failure]>([:])

    /// - Parameter kind: what the rows are, for log and counter: `order`, `adoption`.
    public init(_ kind: String, world: World) {
        self.kind = kind
        self.world = world
    }

    /// Sets a row aside, and raises the alarm.
    public func failed(_ id: ID, _ error: any Error) {
        let (count, pauseMs) = setAside(id)
        world.metrics.count("\(kind).set_aside")
        world.log.error(
            "row_set_aside",
            [
                "kind": kind, "row": (id as? UUID)?.text ?? "\(id)", "failures": count,
                "again_in_ms": pauseMs,
                "error": "\(error)",
            ])
    }

    /// Sets a row aside, without an alarm; gives the number of times, and the pause.
    @discardableResult
    public func setAside(_ id: ID) -> (count: Int64, pauseMs: Int64) {
        let now = world.scheduler.uptimeNanoseconds
        return failures.withLock { failures in
            let count = min(failures[id]?.count ?? 0, 62) + 1
            let pauseMs = Self.pauses.delayMs(after: count - 1)
            if failures[id] == nil, failures.count >= Self.most,
                let soonest = failures.min(by: { $0.value.until < $1.value.until })?.key
            {
                failures[soonest] = nil
            }
            failures[id] = Failure(count: count, until: now &+ UInt64(pauseMs) * 1_000_000)
            return (count, pauseMs)
        }
    }

    /// The row was dealt with; its next failure is its first.
    public func succeeded(_ id: ID) {
        failures.withLock { failures in
            if !failures.isEmpty { failures[id] = nil }
        }
    }

    /// Whether the row is to be left alone now.
    public func isSetAside(_ id: ID) -> Bool {
        let now = world.scheduler.uptimeNanoseconds
        return failures.withLock { $0[id].map { now < $0.until } ?? false }
    }

    /// Deals with one row: nothing happens while it is set aside, and what `body` throws sets it
    /// aside.
    public func attempt(_ id: ID, _ body: () async throws -> Void) async {
        guard !isSetAside(id) else { return }
        do {
            try await body()
            succeeded(id)
        } catch {
            // A task that ends says nothing about the row.
            if !Task.isCancelled { failed(id, error) }
        }
    }
}

extension Scheduler {
    /// Runs `body` for each item, so many at once: who is slow takes one place of them, and keeps
    /// nobody else waiting while there are others.
    public func forEach<Item: Sendable>(
        _ items: [Item], atOnce: Int, _ body: @escaping @Sendable (Item) async -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for (index, item) in items.enumerated() {
                if index >= atOnce { await group.next() }
                group.addTask(executorPreference: self) { await body(item) }
            }
        }
    }
}
