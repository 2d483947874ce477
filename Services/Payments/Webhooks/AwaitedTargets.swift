import FoundationEssentials
import Lifecycle
import Synchronization

/// What wakes the applier of webhooks: one that is due, and a payment that one waits for. In memory
/// alone, as it only shortens waits.
final class AwaitedTargets: Sendable {
    /// Payments beyond that are found when their webhooks are looked at again.
    static let most = 10_000

    let bell = Bell()
    private let state = Mutex(State())

    private struct State {
        var awaited: Set<UUID> = []
        var arrived: [UUID] = []
    }

    /// Expect first, then commit that the payment is not there: so its arrival is not missed.
    func expect(_ paymentIDs: [UUID]) {
        state.withLock { state in
            for id in paymentIDs where state.awaited.count < Self.most { state.awaited.insert(id) }
        }
    }

    func giveUp(_ paymentID: UUID) { state.withLock { _ = $0.awaited.remove(paymentID) } }

    /// A payment was committed.
    func note(_ paymentID: UUID) {
        let isAwaited = state.withLock { state in
            guard !state.awaited.isEmpty, state.awaited.remove(paymentID) != nil else {
                return false
            }
            state.arrived.append(paymentID)
            return true
        }
        if isAwaited { bell.ring() }
    }

    /// Those that have come since they were last asked for.
    func takeArrived() -> [UUID] {
        state.withLock { state in
            defer { state.arrived = [] }
            return state.arrived
        }
    }
}
