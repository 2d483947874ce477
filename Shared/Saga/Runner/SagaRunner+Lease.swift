internal import Lifecycle
import Synchronization

// The runner's lease: tells it which sagas are its own, and is renewed while the process lives.
extension SagaRunner {
    private static var leasePauseMs: Int64 { 10 }

    /// Renews the lease when that is due; takes over the sagas of processes that have died.
    func renewLease() async throws {
        let now = world.scheduler.uptimeNanoseconds
        let (before, isDue) = state.withLock { ($0.lease.epochs, now >= $0.renewAt) }
        guard isDue else { return }
        let lease = try await takeLease(above: 0)
        guard !lease.epochs.subtracting([lease.epoch]).isSubset(of: before) else { return }
        world.log.warning("saga_takeover", ["epoch": lease.epoch])
        world.scheduler.spawn { await self.takeOver() }
    }

    /// Draws or renews the lease, one task at a time: of several tasks that were fenced off, the
    /// first draws a higher epoch and the others go by it.
    @discardableResult
    func takeLease(above seen: Int64) async throws -> SagaLease {
        while !mayLease() { try await world.scheduler.sleep(ms: Self.leasePauseMs) }
        defer { state.withLock { $0.isLeasing = false } }
        let held = state.withLock { $0.lease }
        if 0 < seen, seen < held.epoch { return held }
        // Counted from before it was asked for, so that no other counts from earlier.
        let now = world.scheduler.uptimeNanoseconds
        let lease = try await journal.lease(held.epoch, above: seen)
        state.withLock { state in
            guard lease.epoch >= state.lease.epoch else { return }
            state.lease = lease
            state.renewAt = now + Self.nanoseconds(SagaLease.renewedEveryMs)
            state.trustedUntil = now + Self.nanoseconds(SagaLease.trustedMs)
        }
        return lease
    }

    private func mayLease() -> Bool {
        state.withLock { state in
            defer { state.isLeasing = true }
            return !state.isLeasing
        }
    }

    /// Another process may drive what this one calls its own.
    var isLapsed: Bool {
        let now = world.scheduler.uptimeNanoseconds
        return journal.isShared && state.withLock { now > $0.trustedUntil }
    }
}
