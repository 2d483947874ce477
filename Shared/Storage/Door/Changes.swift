internal import FoundationEssentials
internal import Synchronization

/// Tells whoever keeps something of the store in memory what a batch has touched: after its commit,
/// and before anybody is answered, so that whoever was answered sees their own write.
final class Changes: Sendable {
    /// In a struct: a bare closure would gain a wrapper with each look at it under the lock.
    private struct Listener: Sendable {
        let tell: @Sendable ([UUID]) -> Void
    }

    private let listener = Mutex<Listener?>(nil)

    func listen(_ tell: @escaping @Sendable ([UUID]) -> Void) {
        listener.withLock { $0 = Listener(tell: tell) }
    }

    func publish(_ subjects: [UUID]) {
        guard !subjects.isEmpty, let listener = listener.withLock({ $0 }) else { return }
        listener.tell(subjects)
    }
}
