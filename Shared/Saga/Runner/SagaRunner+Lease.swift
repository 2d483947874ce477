internal import Lifecycle
import Synchronization

// By what a runner knows which sagas are its own: a lease, which it renews while it lives.
extension SagaRunner {
    private static var leasePauseMs: Int64 { 10 }

    /// When it is time; takes over what others have left.
    func renewLease() async throws {
        let now = world.scheduler.uptimeNanoseconds
        let (before, isDue) = state.withLock { ($0.lease.epochs, now >= $0.renewAt) }
        guard isDue else { return }
        let lease = try await takeLease(above: 0)
        guard !lease.epochs.subtracting([lease.epoch]).isSubset(of: before) else { return }
        world.log.warning("saga_takeover", ["epoch": lease.epoch])
        world.scheduler.spawn { await self.takeOver() }
    }

    /// One at a time: who was fenced off together with another goes by the epoch that the other
    /// has drawn.
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
