import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Stores
import Support
import Testing

@testable import Payments

@Suite struct OrdersConsumerTests {
    private func consumer(_ desk: Desk) -> OrdersConsumer {
        OrdersConsumer(world: desk.world, store: desk.store, orders: desk.orders)
    }

    @Test func aCompletedOrderIsBookedOnce() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            _ = try await desk.create()
            try desk.orders.say(OrdersFact.orderPaid)
            try desk.orders.say(OrdersFact.orderCompleted, tax: 909)
            let page = try await desk.orders.call(
                OrdersAPI.readEvents, FeedRequest(feedId: nil, afterSeq: 0))
            #expect(try await consumer(desk).step(waitMs: 0) == 2)
            #expect(try await consumer(desk).step(waitMs: 0) == 0)
            try await desk.store.book(page, after: 0)
            #expect(try await desk.store.ordersCursor()?.seq == 2)
            #expect(try await desk.funds() == 0)
            #expect(try await desk.balance("tax_payable") == -909)
            #expect(try await desk.store.unsettled(.init(olderThanMs: 0)).payments == [])
            #expect(try await desk.violations() == [])
        }
    }

    /// At most 12 rows a purchase: the payment three times, its checkout, five ledger lines, one
    /// fact.
    @Test func aPurchaseWritesFewRows() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            _ = try await desk.create()
            try desk.orders.say(OrdersFact.orderCompleted)
            _ = try await consumer(desk).step(waitMs: 0)
            let rows = try await desk.database.read { reader in
                try reader.query(
                    """
                    SELECT (SELECT COUNT(*) FROM payment) + (SELECT COUNT(*) FROM checkout)
                        + (SELECT COUNT(*) FROM ledger_entry) + (SELECT COUNT(*) FROM outbox)
                    """
                ) { try $0.next(Int64.self) }
            }
            let version = try await desk.payment().version
            #expect(rows == [8])
            #expect(version == 3)
        }
    }

    @Test func anyOtherEndClosesThePayment() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            _ = try await desk.create(createRequest(method: "sim_late"))
            try desk.orders.say(OrdersFact.checkoutExpired)
            _ = try await consumer(desk).step(waitMs: 0)
            #expect(try await desk.store.unsettled(.init(olderThanMs: 0)).payments == [])
            try await desk.work(forMs: 90_000)
            #expect(try await desk.payment().refunded == euros(10_000))
            #expect(try await desk.violations() == [])
        }
    }

    @Test func aCheckoutWithoutAPaymentChangesNothing() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            try desk.orders.say(OrdersFact.checkoutRejected)
            #expect(try await consumer(desk).step(waitMs: 0) == 1)
            #expect(try await desk.store.ordersCursor()?.seq == 1)
        }
    }

    @Test func theCursorSurvivesACrash() throws {
        let test = TestWorld()
        let folder = try StoreFolder()
        try test.run {
            let first = try await Desk(test, folder: folder)
            _ = try await first.create()
            try first.orders.say(OrdersFact.orderCompleted)
            _ = try await consumer(first).step(waitMs: 0)
            await first.close()
            let second = try await Desk(test, folder: folder)
            try second.orders.say(OrdersFact.orderCompleted)
            #expect(try await consumer(second).step(waitMs: 0) == 0)
            #expect(try await second.violations() == [])
            await second.close()
        }
    }

    @Test func anotherHistoryStopsTheConsumer() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            _ = try await desk.create()
            try desk.orders.say(OrdersFact.orderPaid)
            _ = try await consumer(desk).step(waitMs: 0)
            desk.orders.become(feed: id(0xf1))
            try desk.orders.say(OrdersFact.orderCompleted)
            #expect(
                await reason { try await consumer(desk).step(waitMs: 0) } == .feedDiverged)
            try await desk.work(forMs: 5_000)
            #expect(try await desk.store.ordersCursor()?.seq == 1)
            #expect(test.logLines.all.contains { $0.contains("feed.diverged") })
        }
    }

    @Test func factsThatAreGoneStopTheConsumer() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            try desk.orders.say(OrdersFact.orderPaid)
            try desk.orders.say(OrdersFact.orderCompleted)
            desk.orders.forgetFirst()
            #expect(
                await reason { try await consumer(desk).step(waitMs: 0) } == .feedDiverged)
            #expect(try await desk.store.ordersCursor()?.seq == nil)
        }
    }

    @Test func ownFeedIsReadInPages() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            for number in UInt8(1)...5 {
                _ = try await desk.create(createRequest(number, checkout: 0xc0 + number))
            }
            let first = try await desk.service.events(
                FeedRequest(feedId: nil, afterSeq: 0, limit: 3), desk.call())
            #expect(first.events.map(\.seq) == [1, 2, 3])
            #expect(first.head == 5)
            let rest = try await desk.service.events(
                FeedRequest(feedId: first.feedId, afterSeq: 3, limit: 3), desk.call())
            #expect(rest.events.map(\.subject) == [id(4), id(5)])
            let beyond = FeedRequest(feedId: first.feedId, afterSeq: 6)
            #expect(
                await reason { try await desk.service.events(beyond, desk.call()) } == .feedDiverged
            )
            let other = FeedRequest(feedId: id(9), afterSeq: 1)
            #expect(
                await reason { try await desk.service.events(other, desk.call()) } == .feedDiverged)
        }
    }
}
