internal import Lifecycle

/// What a service's hello says of its store, so that peers notice an owner that was replaced or a
/// copy that was put back from a backup.
public struct StoreMark: Sendable, Hashable {
    /// The history itself: another id is another one.
    public let feedID: String
    /// Rises whenever a process takes the store over.
    public let epoch: Int64
    /// The newest fact of the feed; nil from one of several instances, which may lag behind others.
    public let head: Int64?

    public init(feedID: String, epoch: Int64, head: Int64?) {
        self.feedID = feedID
        self.epoch = epoch
        self.head = head
    }
}

/// What one peer's hellos have said so far.
struct StoreMemory {
    private(set) var known: StoreMark?

    enum Verdict: Equatable {
        case fine
        /// The owner of a later epoch was seen: what this one says may be long out of date.
        case stale(below: Int64)
        /// Facts that were seen are gone, or it is another history altogether.
        case restored
    }

    /// What was known before this process started.
    mutating func expect(_ mark: StoreMark) { _ = meet(mark) }

    mutating func meet(_ mark: StoreMark) -> Verdict {
        guard let known, known.feedID == mark.feedID else {
            defer { known = mark }
            return known == nil ? .fine : .restored
        }
        guard mark.epoch >= known.epoch else { return .stale(below: known.epoch) }
        guard let head = mark.head else {
            self.known = StoreMark(feedID: mark.feedID, epoch: mark.epoch, head: known.head)
            return .fine
        }
        self.known = mark
        return head < known.head ?? 0 ? .restored : .fine
    }
}
