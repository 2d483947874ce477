public import FoundationEssentials
internal import Text
public import Wire

// How peers notice a store that was put back from a backup: it is sound, and only they know that it
// was further once.

/// Tells a service how far the caller has seen its history, and asks how far it is.
public struct HistoryRequest: Message {
    /// The feed that stood for the history; absent when the caller has seen none.
    public let feedId: UUID?
    /// The highest batch that the caller was told of.
    public let batch: Int64

    public init(feedId: UUID?, batch: Int64) {
        self.feedId = feedId
        self.batch = batch
    }

    public static let fields = [
        Field("feedId", .id, required: false, "the history; absent: none seen so far"),
        Field("batch", .integer(0...Int64.max), "the highest batch seen of it"),
    ]
}

/// How far the history of a service's store has come.
public struct HistoryReply: Message, Hashable {
    public let feedId: UUID
    /// Rises whenever a process takes the store over.
    public let epoch: Int64
    /// Rises with every commit.
    public let batch: Int64
    /// A peer knew more than this store, and nobody has declared it sound since.
    public let isRestored: Bool

    public init(feedId: UUID, epoch: Int64, batch: Int64, isRestored: Bool) {
        self.feedId = feedId
        self.epoch = epoch
        self.batch = batch
        self.isRestored = isRestored
    }

    public static let fields = [
        Field("feedId", .id, "the history"),
        Field("epoch", .integer(0...Int64.max), "rises whenever a process takes the store over"),
        Field("batch", .integer(0...Int64.max), "rises with every commit"),
        Field("isRestored", .flag, "a peer knew more than this store"),
    ]
}

/// Declares that a restored stock may be sold from again.
public struct ResumeSalesRequest: Message {
    /// Why, for those who read the log.
    public let reason: String

    public init(reason: String) { self.reason = reason }

    public static let fields = [Field("reason", .text(maxBytes: 256, .prose), "for the log")]
}
