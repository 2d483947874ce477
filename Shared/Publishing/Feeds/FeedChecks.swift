public import Contracts
public import Storage

// What every service can check of the feed that it writes and of those that it follows.
extension Reader {
    /// P-3: the facts of the own feed are numbered without gaps, and reach what the last batch
    /// found at least. Old ones may be pruned from below.
    public func feedGaps() throws -> [Violation] {
        try query(
            """
            SELECT CAST(COUNT(*) AS BIGINT), COALESCE(MIN(seq), 1), COALESCE(MAX(seq), 0),
                (SELECT feed FROM writer WHERE id = 1)
            FROM outbox
            """
        ) { columns -> Violation? in
            let (count, first): (Int64, Int64) = (try columns.next(), try columns.next())
            let (last, head): (Int64, Int64) = (try columns.next(), try columns.next())
            guard
                Int128(count) != Int128(last) - Int128(first) + 1 || (count > 0 && last < head)
            else { return nil }
            return Violation(
                invariant: "P-3", subject: "feed", expected: "\(first) to \(head) without gaps",
                actual: "\(count) facts up to \(last)")
        }.compactMap(\.self)
    }

    /// Feeds that are not read on, and facts that could not be booked.
    public func unfollowedFeeds() throws -> [Violation] {
        let diverged = try select(
            FeedCursor.self, where: "diverged_at IS NOT NULL ORDER BY feed")
        return diverged.map { .diverged($0.feed, after: $0.seq) } + (try factsAside())
    }
}

extension Violation {
    /// P-4: each feed that is read is read on, fact by fact.
    public static let ofFeed = "P-4"

    public static func diverged(_ feed: String, after seq: Int64) -> Violation {
        Violation(
            invariant: ofFeed, subject: "feed \(feed)", expected: "read on after fact \(seq)",
            actual: "diverged; nothing is read until FollowFeed says from where")
    }
}
