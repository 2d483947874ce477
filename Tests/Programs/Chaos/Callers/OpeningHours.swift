import Synchronization

/// Whether buyers still come, and whether those who are there still wait.
final class OpeningHours: Sendable {
    private enum State {
        /// Exits: closing.
        case open
        /// Nobody new comes. Exits: over.
        case closing
        /// Who has no answer by now goes without.
        case over
    }

    private let state = Mutex(State.open)

    var isOpen: Bool { state.withLock { if case .open = $0 { true } else { false } } }
    var isOver: Bool { state.withLock { if case .over = $0 { true } else { false } } }

    func close() { state.withLock { $0 = .closing } }
    func end() { state.withLock { $0 = .over } }
}
