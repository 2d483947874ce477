internal import FoundationEssentials
internal import Synchronization

/// Tells whoever keeps something of the store in memory what a batch has touched: after its commit,
/// and before anybody is answered, so that whoever was answered sees their own write.
final class Changes: Sendable {
    private let listener = Mutex<(@Sendable ([UUID]) -> Void)?>(nil)

    func listen(_ listener: @escaping @Sendable ([UUID]) -> Void) {
        self.listener.withLock { $0 = listener }
    }

    func publish(_ subjects: [UUID]) {
        guard !subjects.isEmpty, let listener = listener.withLock({ $0 }) else { return }
        listener(subjects)
    }
}
