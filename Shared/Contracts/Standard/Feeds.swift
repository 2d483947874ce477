public import FoundationEssentials
public import Lifecycle
public import RPC
public import Wire

// What a service tells its consumers: facts, numbered without gaps in the order of their commits.
// A consumer keeps its own cursor. The messages are the same for all three services.

/// Asks for the facts after a number, and waits for the next one when there are none.
public struct FeedRequest: Message {
    /// The feed that `afterSeq` counts; absent when the consumer has never read.
    public let feedId: UUID?
    /// The number of the last fact that the consumer has dealt with; 0 before the first.
    public let afterSeq: Int64
    public let limit: Int64?
    /// How long to wait when there is nothing yet, in milliseconds.
    public let waitMs: Int64?
    /// Subject and time of the fact `afterSeq`, as the consumer read it: a restored feed counts on
    /// from its backup, and then has another fact under the same number.
    public let lastSubject: UUID?
    public let lastAt: Instant?

    public init(
        feedId: UUID?, afterSeq: Int64, limit: Int64? = nil, waitMs: Int64? = nil,
        lastSubject: UUID? = nil, lastAt: Instant? = nil
    ) {
        self.feedId = feedId
        self.afterSeq = afterSeq
        self.limit = limit
        self.waitMs = waitMs
        self.lastSubject = lastSubject
        self.lastAt = lastAt
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        feedId = f("feedId", it, "the feed that afterSeq counts") { $0.feedId }
        afterSeq = f(
            "afterSeq", it, .integer(0...Int64.max), "the last fact seen; 0 before the first"
        ) { $0.afterSeq }
        limit = f("limit", it, .integer(1...8000), "facts at most; 500") { $0.limit }
        waitMs = f(
            "waitMs", it, .integer(0...20_000), "how long to wait for the first one; 0"
        ) { $0.waitMs }
        lastSubject = f(
            "lastSubject", it,
            "of the fact afterSeq as you read it; another one there is FEED_DIVERGED"
        ) { $0.lastSubject }
        lastAt = f("lastAt", it, "of the same fact; counts with lastSubject") { $0.lastAt }
    }

    /// Refuses a cursor that was counted on another feed or beyond this one's head: a database
    /// was restored or replaced, and reading on would skip facts in silence.
    ///
    /// - Throws: `FEED_DIVERGED {feedId, head}`.
    public func check(feedID: UUID, head: Int64) throws {
        guard (feedId ?? feedID) == feedID, afterSeq <= head else {
            throw FeedRequest.diverged(
                "the cursor does not belong to this feed", feedID: feedID, head: head)
        }
    }

    /// Reading on would skip facts in silence.
    public static func diverged(_ why: String, feedID: UUID, head: Int64) -> RPCError {
        RPCError(
            .feedDiverged, why,
            detail: ["feedId": .id(feedID), "head": .integer(head)])
    }
}

/// A page of facts in order, which ends early rather than grow beyond 256 KiB.
public struct FeedReply: Message, Hashable {
    public let feedId: UUID
    /// The number of the newest fact there is.
    public let head: Int64
    public let events: [FeedEvent]

    public init(feedId: UUID, head: Int64, events: [FeedEvent]) {
        self.feedId = feedId
        self.head = head
        self.events = events
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        feedId = f("feedId", it, "the feed") { $0.feedId }
        head = f("head", it, .integer(0...Int64.max), "the number of the newest fact") { $0.head }
        events = f("events", it, .list(maxCount: 8000), "the facts, in order") { $0.events }
    }
}

/// One fact: what happened, to whom, when. The body is the CBOR of a message that `kind` names.
public struct FeedEvent: Message, Hashable {
    public let seq: Int64
    /// `payment.captured`, `order.completed` …
    public let kind: String
    public let subject: UUID
    public let at: Instant
    public let body: Data

    public init(seq: Int64, kind: String, subject: UUID, at: Instant, body: Data) {
        self.seq = seq
        self.kind = kind
        self.subject = subject
        self.at = at
        self.body = body
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        seq = f("seq", it, .integer(1...Int64.max), "gapless, counted from 1") { $0.seq }
        kind = f("kind", it, .text(maxBytes: 64), "what happened") { $0.kind }
        subject = f("subject", it, "to which payment, checkout, hold …") { $0.subject }
        at = f("at", it, "when it was committed") { $0.at }
        body = f(
            "body", it, .bytes(maxBytes: 65_536), "a CBOR message, KIND.fact of the schema"
        ) { $0.body }
    }
}
