public import Contracts
internal import FoundationEssentials
public import Lifecycle
public import RPC
public import Storage

extension Feed {
    /// A page of the feed, as every service's ReadEvents answers it: parked until there is a fact
    /// after the reader's cursor, for as long as the reader will wait.
    ///
    /// - Throws: `FEED_DIVERGED` when the cursor was counted on another history, `OVERLOADED` when
    ///   the caller has too many pages on their way.
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
        let events = try await events(
            after: request.afterSeq, limit: request.limit ?? Self.usualEvents)
        return FeedReply(
            feedId: id, head: head,
            events: events.map {
                Contracts.FeedEvent(
                    seq: $0.seq, kind: $0.kind, subject: $0.subject, at: $0.at, body: Data($0.body))
            })
    }
}
