public import Contracts
internal import FoundationEssentials
public import Lifecycle
public import RPC
public import Storage

extension Feed {
    /// A page of the feed, as every service's ReadEvents answers it: parked until there is a fact
    /// after the reader's cursor, for as long as the reader will wait.
    ///
    /// - Throws: `FEED_DIVERGED` when the cursor was counted on another history or facts behind it
    ///   were pruned, `OVERLOADED` when the caller has too many pages on their way.
    public func page(
        _ request: FeedRequest, _ call: CallContext, on scheduler: any Scheduler
    ) async throws -> FeedReply {
        try request.check(feedID: id, head: try await head(seen: request.afterSeq))
        let waitMs = call.waitMs(request.waitMs ?? 0, on: scheduler)
        if waitMs > 0 { _ = try await wait(after: request.afterSeq, ms: waitMs) }
        guard beginPage(of: call.identity) else {
            throw RPCError(
                .overloaded, "at most \(Self.pagesAtOnce) pages at once", retryAfterMs: 100)
        }
        defer { endPage(of: call.identity) }
        // Before the facts: what is committed meanwhile must not look as if it were skipped.
        let head = head
        let facts = try await facts(of: request)
        return FeedReply(
            feedId: id, head: max(head, facts.last?.seq ?? 0),
            events: facts.map {
                FeedEvent(
                    seq: $0.seq, kind: $0.kind, subject: $0.subject, at: $0.at, body: Data($0.body))
            })
    }

    private func facts(of request: FeedRequest) async throws -> [Fact] {
        let limit = request.limit ?? Self.usualFacts
        guard request.afterSeq > 0, let subject = request.lastSubject, let at = request.lastAt
        else { return try await facts(after: request.afterSeq, limit: limit) }
        let last = LastFact(subject: subject, at: at)
        let following = try await facts(
            after: request.afterSeq, limit: limit, following: last)
        guard let following else {
            throw FeedRequest.diverged(
                "the fact \(request.afterSeq) is another than was read, or facts behind it are "
                    + "gone", feedID: id, head: head)
        }
        return following
    }
}
