import Contracts
import Lifecycle
import RPC
import Wire

/// Reads Orders' feed: a completed order turns the buyer's funds into revenue and tax, any other
/// end closes the payment.
struct OrdersConsumer: Service {
    let world: World
    let store: PaymentStore
    let orders: any Caller

    let name = "orders-consumer"

    /// Small enough that booking a page does not keep buyers waiting behind it.
    private static let pageSize: Int64 = 200
    private static let waitMs: Int64 = 15_000
    /// Lets facts gather, so that a page of them costs one commit.
    private static let gatherMs: Int64 = 50
    private static let divergedMs: Int64 = 60_000
    /// The longest pause while Orders does not answer is 1.6 s: reading is cheap.
    private static let mostTries: Int64 = 3

    func run() async throws {
        var tries: Int64 = 0
        while !Task.isCancelled {
            var pauseMs = Self.gatherMs
            do {
                let read = try await step()
                tries = 0
                if read == Self.pageSize { continue }
            } catch let error as RPCError where error.reason == .feedDiverged {
                // Another history: reading on would skip facts in silence. A human must decide.
                world.metrics.count("feed.diverged")
                world.log.error("feed.diverged", ["feed": "orders", "error": error.message])
                pauseMs = Self.divergedMs
            } catch {
                guard !Task.isCancelled else { return }
                world.log.warning("feed.unread", ["feed": "orders", "error": "\(error)"])
                pauseMs = Patience.retryMs(tries: tries)
                tries = min(tries + 1, Self.mostTries)
            }
            guard (try? await world.scheduler.sleep(ms: pauseMs)) != nil else { return }
        }
    }

    /// Reads and books one page.
    ///
    /// - Returns: how many facts it held.
    func step(waitMs: Int64 = OrdersConsumer.waitMs) async throws -> Int64 {
        let cursor = try await store.ordersCursor()
        let after = cursor?.seq ?? 0
        let page = try await orders.call(
            OrdersAPI.readEvents,
            FeedRequest(
                feedId: cursor?.feedID, afterSeq: after, limit: Self.pageSize, waitMs: waitMs))
        guard page.feedId == cursor?.feedID || cursor == nil else {
            throw diverged(page, "Orders' feed is another one than was read so far")
        }
        guard zip(page.events, after...).allSatisfy({ $0.seq == $1 &+ 1 }) else {
            throw diverged(page, "facts after \(after) are gone from Orders' feed")
        }
        try await store.book(page, after: after)
        return Int64(page.events.count)
    }

    private func diverged(_ page: FeedReply, _ message: String) -> RPCError {
        RPCError(
            .feedDiverged, message,
            detail: ["feedId": .id(page.feedId), "head": .integer(page.head)])
    }
}
