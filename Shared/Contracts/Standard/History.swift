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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        feedId = f("feedId", it, "the history; absent: none seen so far") { $0.feedId }
        batch = f("batch", it, .integer(0...Int64.max), "the highest batch seen of it") { $0.batch }
    }
}

/// How far the history of a service's store has come.
public struct HistoryReply: Message, Hashable {
    public let feedId: UUID
    public let epoch: Int64
    public let batch: Int64
    /// A peer knew more than this store, and nobody has declared it sound since.
    public let isRestored: Bool

    public init(feedId: UUID, epoch: Int64, batch: Int64, isRestored: Bool) {
        self.feedId = feedId
        self.epoch = epoch
        self.batch = batch
        self.isRestored = isRestored
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        feedId = f("feedId", it, "the history") { $0.feedId }
        epoch = f(
            "epoch", it, .integer(0...Int64.max), "rises whenever a process takes the store over"
        ) { $0.epoch }
        batch = f("batch", it, .integer(0...Int64.max), "rises with every commit") { $0.batch }
        isRestored = f("isRestored", it, "a peer knew more than this store") { $0.isRestored }
    }
}

/// Declares that a restored stock may be sold from again.
public struct ResumeSalesRequest: Message {
    /// Why, for those who read the log.
    public let reason: String

    public init(reason: String) { self.reason = reason }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        reason = f("reason", it, .text(maxBytes: 256, .prose), "for the log") { $0.reason }
    }
}
