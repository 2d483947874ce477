public import Contracts
internal import FoundationEssentials
public import Lifecycle
public import RPC
public import Storage
internal import Text
internal import Wire

/// Reads a feed of another service, page by page, and books each page in the commit that moves the
/// cursor behind it, so that every fact is booked once.
///
/// A feed that has diverged, because its store was restored or facts were pruned before they were
/// read, is not read on: that is kept beside the cursor, told each minute and by VerifyInvariants,
/// and ends with an operator's FollowFeed. Facts are booked by what they are about, so that those
/// that are read again then change nothing.
public struct FeedConsumer<Effect: Sendable>: Service {
    /// What a fact comes to here; nil for what is no news. It may be run again, like every command.
    public typealias Book = @Sendable (FeedEvent, Batch) throws -> Effect?

    /// Where somebody begins who has read nothing so far.
    public enum Beginning: Sendable {
        /// At fact 1: without the first facts, nothing is right.
        case first
        /// At the oldest fact that is kept: what is older is known in another way.
        case oldest
    }

    public let name: String
    /// The service whose feed it is.
    public let feed: String
    let method: Method<FeedRequest, FeedReply>
    let peer: any Caller
    let database: Database
    let world: World
    private let beginning: Beginning
    let book: Book
    let failing: FailingRows<Int64>
    let whenBooked: @Sendable ([Effect]) -> Void

    /// - Parameter whenBooked: is told what a page came to, once it is committed.
    public init(
        of feed: String, by method: Method<FeedRequest, FeedReply>, at peer: any Caller,
        into database: Database, world: World, from beginning: Beginning = .first,
        book: @escaping Book, whenBooked: @escaping @Sendable ([Effect]) -> Void = { _ in }
    ) {
        name = "\(feed)-consumer"
        self.feed = feed
        self.method = method
        self.peer = peer
        self.database = database
        self.world = world
        self.beginning = beginning
        self.book = book
        self.whenBooked = whenBooked
        failing = FailingRows("fact of \(feed)", world: world)
    }

    /// Small enough that booking a page does not keep buyers waiting behind it.
    public static var pageSize: Int64 { 200 }
    public static var waitMs: Int64 { 15_000 }
    /// Lets facts gather, so that a page of them costs one commit.
    private static var gatherMs: Int64 { 50 }
    /// How soon a diverged feed is read on after FollowFeed, and how often it is told of until
    /// then.
    private static var divergedMs: Int64 { 1_000 }
    private static var alarmEveryMs: Int64 { 60_000 }
    /// How often what was set aside is looked at.
    private static var asideEveryMs: UInt64 { 30_000 }
    /// Pauses while the peer does not answer: up to 1.6 s, because reading is cheap.
    private static var firstPauseMs: Int64 { 200 }
    private static var longestPauseMs: Int64 { 1_600 }

    public func run() async throws {
        var pauseMs = Self.firstPauseMs
        /// Facts that are still booked one by one, because some of them can't be.
        var single: Int64 = 0
        var alarmInMs: Int64 = 0
        var lookedAside: UInt64?
        while !Task.isCancelled {
            var restMs = Self.gatherMs
            do {
                let now = world.scheduler.uptimeNanoseconds
                if lookedAside.map({ now &- $0 >= Self.asideEveryMs * 1_000_000 }) ?? true {
                    lookedAside = now
                    try await bookAside()
                }
                let limit = single > 0 ? 1 : Self.pageSize
                let read = try await step(limit: limit)
                (pauseMs, alarmInMs) = (Self.firstPauseMs, 0)
                single = max(0, single - 1)
                if read == limit { continue }
            } catch let error as RPCError where error.reason == .feedDiverged {
                if alarmInMs <= 0 {
                    world.metrics.count("feed.diverged")
                    world.log.error("feed.diverged", ["feed": feed, "error": error.message])
                    alarmInMs = Self.alarmEveryMs
                }
                restMs = Self.divergedMs
                alarmInMs -= restMs
            } catch {
                guard !Task.isCancelled else { return }
                let fields: Log.Fields = ["feed": feed, "error": "\(error)"]
                if error.mayPass {
                    world.log.warning("feed.unread", fields)
                } else {
                    // A fact that cannot be booked keeps back none before it, and none behind it.
                    single = Self.pageSize
                    world.metrics.count("feed.unread")
                    world.log.error("feed.unread", fields)
                }
                restMs = pauseMs
                pauseMs = min(pauseMs * 2, Self.longestPauseMs)
            }
            guard (try? await world.scheduler.sleep(ms: restMs)) != nil else { return }
        }
    }

    /// Reads and books one page.
    ///
    /// - Returns: how many facts it held.
    /// - Throws: `FEED_DIVERGED`, each time until an operator has decided.
    @discardableResult
    public func step(
        limit: Int64 = FeedConsumer.pageSize, waitMs: Int64 = FeedConsumer.waitMs
    ) async throws -> Int64 {
        let cursor = try await cursor()
        if let cursor, cursor.divergedAt != nil {
            throw FeedRequest.diverged(
                "nothing is read after fact \(cursor.seq)", feedID: cursor.feedID,
                head: cursor.seq)
        }
        do {
            let page = try await read(after: cursor, limit: limit, waitMs: waitMs)
            do { whenBooked(try await book(page, after: cursor)) } catch
                where page.events.count == 1 && !error.mayPass
            { try await setAside(page, after: cursor, error) }
            return Int64(page.events.count)
        } catch let error as RPCError where error.reason == .feedDiverged {
            try await stop(at: cursor, error)
            throw error
        }
    }

    /// How far the feed has been dealt with; nil before the first page.
    public func cursor() async throws -> FeedCursor? {
        try await database.read { [feed] in try $0.find(FeedCursor.self, ByteText(feed)) }
    }

    /// For Stats: how far it is, and whether it goes on.
    public func counters() async throws -> [String: Int64] {
        let cursor = try await cursor()
        return [
            StatsReply.cursor(of: feed): cursor?.seq ?? 0,
            StatsReply.divergence(of: feed): cursor?.divergedAt == nil ? 0 : 1,
        ]
    }

    // MARK: A page

    private func read(
        after cursor: FeedCursor?, limit: Int64, waitMs: Int64
    ) async throws -> FeedReply {
        let after = cursor?.seq ?? 0
        let page = try await peer.call(
            method,
            FeedRequest(
                feedId: cursor?.feedID, afterSeq: after, limit: limit, waitMs: waitMs,
                lastSubject: cursor?.last?.subject, lastAt: cursor?.last?.at))
        guard page.feedId == cursor?.feedID || cursor == nil else {
            throw FeedRequest.diverged(
                "the feed of \(feed) is another one than was read so far", feedID: page.feedId,
                head: page.head)
        }
        let first = page.events.first?.seq
        let isFree = cursor == nil && beginning == .oldest
        let start = isFree ? first.map { $0 - 1 } ?? page.head : after
        let isWhole =
            zip(page.events, start...).allSatisfy { $0.seq == $1 &+ 1 }
            && (first != nil || isFree || cursor?.last != nil || page.head <= after)
        guard isWhole else {
            throw FeedRequest.diverged(
                "facts after \(after) are gone from the feed of \(feed)", feedID: page.feedId,
                head: page.head)
        }
        return page
    }

    /// A page that was booked before, or by another instance, changes nothing.
    private func book(_ page: FeedReply, after cursor: FeedCursor?) async throws -> [Effect] {
        let last = page.events.last
        // A new reader of a feed whose facts are all pruned begins at its head.
        guard last != nil || (cursor == nil && page.head > 0) else { return [] }
        return try await database.write(essential: true) { [feed, book] batch in
            let stored = try batch.find(FeedCursor.self, ByteText(feed))
            guard stored == cursor else { return [] }
            let effects = try page.events.compactMap { try book($0, batch) }
            let next =
                last.map { FeedCursor(behind: $0, of: feed, feedID: page.feedId) }
                ?? FeedCursor(feed: feed, feedID: page.feedId, seq: page.head)
            if stored == nil { try batch.insert(next) } else { try batch.update(next) }
            return effects
        }
    }

    /// Durable, since the feed's head may pass the cursor before anybody looks again.
    private func stop(at cursor: FeedCursor?, _ error: RPCError) async throws {
        guard let feedID = cursor?.feedID ?? Self.feedID(in: error) else { return }
        try await database.write(essential: true) { [feed] batch in
            guard try batch.find(FeedCursor.self, ByteText(feed)) == cursor else { return }
            var stopped = cursor ?? FeedCursor(feed: feed, feedID: feedID, seq: 0)
            stopped.divergedAt = batch.now
            if cursor == nil { try batch.insert(stopped) } else { try batch.update(stopped) }
        }
    }

    private static func feedID(in error: RPCError) -> UUID? {
        guard case .id(let id)? = error.detail["feedId"] else { return nil }
        return id
    }
}
