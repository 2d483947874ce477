internal import Contracts
public import FoundationEssentials
public import Lifecycle
public import Storage
public import Text
public import Wire

/// How far a feed of another service has been dealt with, in the reader's own store: it moves in
/// the commit that books what was read.
public struct FeedCursor: StoredRow, Hashable {
    public static let table = TableLayout("feed_cursor", of: Self.self)

    /// For a migration of a service that never read a feed.
    public static let creation = """
        CREATE TABLE feed_cursor (
            feed TEXT NOT NULL PRIMARY KEY, feed_id BYTEA NOT NULL, seq BIGINT NOT NULL,
            last_subject BYTEA, last_at BIGINT, diverged_at BIGINT);
        """
    /// For one whose cursors were only numbers.
    public static let remembering = """
        ALTER TABLE feed_cursor ADD COLUMN last_subject BYTEA;
        ALTER TABLE feed_cursor ADD COLUMN last_at BIGINT;
        ALTER TABLE feed_cursor ADD COLUMN diverged_at BIGINT;
        """

    public let feed: String
    public let feedID: UUID
    public let seq: Int64
    /// Nil before the first fact, and in cursors that were only numbers.
    public let last: LastFact?
    /// Since when nothing is read, until an operator says how to go on.
    public var divergedAt: Instant?

    public init(
        feed: String, feedID: UUID, seq: Int64, last: LastFact? = nil, divergedAt: Instant? = nil
    ) {
        self.feed = feed
        self.feedID = feedID
        self.seq = seq
        self.last = last
        self.divergedAt = divergedAt
    }

    init(behind fact: FeedEvent, of feed: String, feedID: UUID) {
        self.init(
            feed: feed, feedID: feedID, seq: fact.seq,
            last: LastFact(subject: fact.subject, at: fact.at))
    }

    public var key: ByteText { ByteText(feed) }

    @inline(__always)
    public init(_ c: some ColumnWalk, _ it: Written<Self>) {
        feed = c("feed", it) { $0.feed }
        feedID = c("feed_id", it) { $0.feedID }
        seq = c("seq", it) { $0.seq }
        let subject = c("last_subject", it) { $0.last?.subject }
        let at = c("last_at", it) { $0.last?.at }
        divergedAt = c("diverged_at", it) { $0.divergedAt }
        // An instance of a release that remembers no fact moves the number alone.
        let isOfNow = c("last_seq", it) { row in row.last.map { _ in row.seq } } == seq
        last =
            isOfNow
            ? subject.flatMap { subject in at.map { LastFact(subject: subject, at: $0) } } : nil
    }
}
