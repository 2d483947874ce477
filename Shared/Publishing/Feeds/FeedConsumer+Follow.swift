public import Contracts
internal import FoundationEssentials
internal import Lifecycle
public import RPC
internal import Storage
internal import Text

extension FeedConsumer {
    /// An operator's FollowFeed: the cursor is put before `fromSeq` of the feed as it is now, once
    /// the peer has shown that it can be read from there.
    ///
    /// - Throws: `FEED_DIVERGED {feedId, head}` when it cannot, `REASON_REQUIRED`.
    public func follow(
        _ request: FollowFeedRequest, _ call: CallContext
    ) async throws -> FollowFeedReply {
        guard request.feed == feed else {
            throw RPCError.invalid("feed", "is not read here; this service reads \(feed)")
        }
        guard request.reason.contains(where: { !$0.isWhitespace }) else {
            throw RPCError(.reasonRequired, "say why, for those who read the log")
        }
        let (seq, last, head) = try await place(of: request)
        let next = FeedCursor(feed: feed, feedID: request.feedId, seq: seq, last: last)
        let (before, dropped) = try await database.write(essential: true) { [feed] batch in
            let before = try batch.find(FeedCursor.self, ByteText(feed))
            if before == nil { try batch.insert(next) } else { try batch.update(next) }
            let dropped = try batch.dropFactsAside(
                of: feed, for: next, from: request.fromSeq,
                isSame: before?.feedID == request.feedId)
            return (before, dropped)
        }
        for seq in dropped {
            world.log.error(
                "feed.fact_dropped", ["feed": feed, "seq": seq, "by": call.caller])
        }
        world.log.warning(
            "feed.followed",
            [
                "feed": feed, "feed_id": request.feedId, "after": seq,
                "before": before?.seq ?? 0, "by": call.caller, "reason": request.reason,
            ])
        return FollowFeedReply(feed: feed, feedId: request.feedId, seq: seq, head: head)
    }

    /// The number before the one to begin with, and the fact there if it is still kept.
    private func place(
        of request: FollowFeedRequest
    ) async throws -> (seq: Int64, last: LastFact?, head: Int64) {
        let seq = max(0, request.fromSeq - 1)
        let page = try await peer.call(
            method, FeedRequest(feedId: request.feedId, afterSeq: max(0, seq - 1), limit: 2))
        let first = page.events.first
        if request.fromSeq == 0 {
            return (first.map { $0.seq - 1 } ?? page.head, nil, page.head)
        }
        if let first, first.seq == seq {
            return (seq, LastFact(subject: first.subject, at: first.at), page.head)
        }
        // The fact before it may be pruned, or there may be none yet.
        guard let first else {
            guard seq == page.head else { throw unreadable(request, "is beyond it", page) }
            return (seq, nil, page.head)
        }
        guard first.seq == seq + 1 else {
            throw unreadable(request, "is gone; the oldest is \(first.seq)", page)
        }
        return (seq, nil, page.head)
    }

    private func unreadable(
        _ request: FollowFeedRequest, _ why: String, _ page: FeedReply
    ) -> RPCError {
        FeedRequest.diverged(
            "fromSeq: fact \(request.fromSeq) of the feed of \(feed), whose head is \(page.head), "
                + why, feedID: page.feedId, head: page.head)
    }
}
