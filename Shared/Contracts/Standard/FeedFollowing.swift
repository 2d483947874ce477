public import FoundationEssentials
public import Wire

/// An operator's decision where a consumer goes on in a feed that it stopped reading: the feed's
/// store was restored, or facts behind its cursor were pruned. Facts that were booked before change
/// nothing when they are read again, so a number too low does no harm; what lies before the number
/// is never read.
public struct FollowFeedRequest: Message {
    /// The service whose feed it is.
    public let feed: String
    /// The feed as it is now, which `orders.ReadEvents` and the like answer.
    public let feedId: UUID
    public let fromSeq: Int64
    public let reason: String

    public init(feed: String, feedId: UUID, fromSeq: Int64, reason: String) {
        self.feed = feed
        self.feedId = feedId
        self.fromSeq = fromSeq
        self.reason = reason
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        feed = f(
            "feed", it, .text(maxBytes: 32), "whose feed: orders at Payments, inventory at Orders"
        ) { $0.feed }
        feedId = f("feedId", it, "the feed as it is now, from its ReadEvents") { $0.feedId }
        fromSeq = f(
            "fromSeq", it, .integer(0...Int64.max),
            "the first fact to read; 0: the oldest that is kept"
        ) { $0.fromSeq }
        reason = f(
            "reason", it, .text(maxBytes: 255), "kept in the log, with who decided"
        ) { $0.reason }
    }
}

/// Where a consumer stands now.
public struct FollowFeedReply: Message, Hashable {
    public let feed: String
    public let feedId: UUID
    public let seq: Int64
    /// The newest fact that there is.
    public let head: Int64

    public init(feed: String, feedId: UUID, seq: Int64, head: Int64) {
        self.feed = feed
        self.feedId = feedId
        self.seq = seq
        self.head = head
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        feed = f("feed", it, .text(maxBytes: 32)) { $0.feed }
        feedId = f("feedId", it) { $0.feedId }
        seq = f(
            "seq", it, .integer(0...Int64.max), "the last fact that counts as dealt with"
        ) { $0.seq }
        head = f("head", it, .integer(0...Int64.max), "the number of the newest fact") { $0.head }
    }
}
