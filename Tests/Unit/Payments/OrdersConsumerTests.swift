import Contracts
import FoundationEssentials
import Lifecycle
import Publishing
import RPC
import Storage
import Stores
import Support
import Testing
import Wire

@testable import Payments

@Suite struct OrdersConsumerTests {
    private func consumer(_ desk: Desk) -> FeedConsumer<Void> { desk.service.orders }

    @Test func aCompletedOrderIsBookedOnce() throws {
        try Desk.run { desk in
            _ = try await desk.create()
            try desk.orders.say(OrdersFact.orderPaid)
            try desk.orders.say(OrdersFact.orderCompleted, tax: 909)
            #expect(try await consumer(desk).step(waitMs: 0) == 2)
            #expect(try await consumer(desk).step(waitMs: 0) == 0)
            #expect(try await desk.service.orders.cursor()?.seq == 2)
            #expect(try await desk.funds() == 0)
            #expect(try await desk.balance("tax_payable") == -909)
            #expect(try await desk.store.unsettled(.init(olderThanMs: 0)).payments == [])
            #expect(try await desk.violations() == [])
        }
    }

    /// At most 12 rows a purchase: the payment three times, its checkout, five ledger lines, one
    /// fact.
    @Test func aPurchaseWritesFewRows() throws {
        try Desk.run { desk in
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
        try Desk.run { desk in
            _ = try await desk.create(createRequest(method: "sim_late"))
            try desk.orders.say(OrdersFact.checkoutExpired)
            _ = try await consumer(desk).step(waitMs: 0)
            #expect(try await desk.store.unsettled(.init(olderThanMs: 0)).payments == [])
            try await desk.work(forMs: 90_000)
            #expect(try await desk.payment().refunded == euros(10_000))
            #expect(try await desk.violations() == [])
        }
    }

    /// As when somebody else than the saga has begun it, under the checkout's id: the saga is told
    /// that there is another payment, and ends without one.
    @Test(arguments: [CaptureMode.sale, .authCapture])
    func noMoneyStaysWithACheckoutThatWasNotSold(_ mode: CaptureMode) throws {
        try Desk.run { desk in
            let begun = try await desk.create(createRequest(mode: mode)).state
            #expect(begun == (mode == .sale ? .captured : .authorised))
            try desk.orders.say(OrdersFact.checkoutCancelled)
            _ = try await consumer(desk).step(waitMs: 0)
            #expect(try await desk.violations() == [])
            try await desk.work(forMs: 90_000)
            let payment = try await desk.payment()
            #expect(payment.state == (mode == .sale ? .captured : .voided))
            #expect(payment.refunded == (mode == .sale ? euros(10_000) : nil))
            #expect(try await desk.funds() == 0)
            #expect(try await desk.violations() == [])
        }
    }

    @Test func whatIsLeftOfAPartlyRefundedPaymentIsOwedBackToo() throws {
        try Desk.run { desk in
            _ = try await desk.create()
            _ = try await desk.refund(amount: 4_000)
            try desk.orders.say(OrdersFact.checkoutRefunded)
            _ = try await consumer(desk).step(waitMs: 0)
            try await desk.work(forMs: 90_000)
            #expect(try await desk.payment().refunded == euros(10_000))
            #expect(try await desk.funds() == 0)
            #expect(try await desk.violations() == [])
        }
    }

    /// Else the buyer could still pay for nothing on the provider's page.
    @Test func whatStillWaitsForTheBuyerIsVoided() throws {
        try Desk.run { desk in
            #expect(try await desk.create(createRequest(method: nil)).state == .requiresAction)
            try desk.orders.say(OrdersFact.checkoutCancelled)
            _ = try await consumer(desk).step(waitMs: 0)
            try await desk.work(forMs: 90_000)
            #expect(try await desk.payment().state == .voided)
        }
    }

    @Test func moneyForAFreeOrderIsNoRevenue() throws {
        try Desk.run { desk in
            _ = try await desk.create()
            try desk.orders.say(OrdersFact.orderCompleted, total: 0)
            _ = try await consumer(desk).step(waitMs: 0)
            try await desk.work(forMs: 90_000)
            #expect(try await desk.payment().refunded == euros(10_000))
            #expect(try await desk.violations() == [])
        }
    }

    @Test func aCheckoutWithoutAPaymentChangesNothing() throws {
        try Desk.run { desk in
            try desk.orders.say(OrdersFact.checkoutRejected)
            #expect(try await consumer(desk).step(waitMs: 0) == 1)
            #expect(try await desk.service.orders.cursor()?.seq == 1)
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
        try Desk.run { desk in
            _ = try await desk.create()
            try desk.orders.say(OrdersFact.orderPaid)
            _ = try await consumer(desk).step(waitMs: 0)
            desk.orders.become(feed: id(0xf1))
            try desk.orders.say(OrdersFact.orderCompleted)
            #expect(
                await reason { try await consumer(desk).step(waitMs: 0) } == .feedDiverged)
            try await desk.work(forMs: 5_000)
            #expect(try await desk.service.orders.cursor()?.seq == 1)
            #expect(desk.test.logLines.all.contains { $0.contains("feed.diverged") })
        }
    }

    @Test func factsThatAreGoneStopTheConsumer() throws {
        try Desk.run { desk in
            try desk.orders.say(OrdersFact.orderPaid)
            try desk.orders.say(OrdersFact.orderCompleted)
            desk.orders.forgetFirst()
            #expect(
                await reason { try await consumer(desk).step(waitMs: 0) } == .feedDiverged)
            #expect(try await desk.service.orders.cursor()?.seq == 0)
            let whole = FollowFeedRequest(
                feed: "orders", feedId: id(0xf0), fromSeq: 1, reason: "they are in the archive")
            #expect(
                await reason { try await consumer(desk).follow(whole, desk.call()) }
                    == .feedDiverged)
            try await desk.follow(0)
            #expect(try await consumer(desk).step(waitMs: 0) == 1)
        }
    }

    /// Orders was put back from a backup and sold on: the numbers behind the backup are given a
    /// second time. Whether Payments looked in between or not, it stops, across restarts too, and
    /// goes on where an operator says.
    @Test(arguments: [false, true])
    func aRestoredFeedIsNotReadOnUntilAnOperatorSaysFromWhere(looksInBetween: Bool) throws {
        let test = TestWorld()
        let folder = try StoreFolder()
        try test.run {
            let desk = try await Desk(test, folder: folder)
            for number in UInt8(1)...3 {
                _ = try await desk.create(createRequest(number, checkout: 0xc0 + number))
            }
            try desk.orders.say(OrdersFact.orderCompleted, checkout: 0xc1)
            try desk.orders.say(OrdersFact.orderPaid, checkout: 0xc1)
            #expect(try await consumer(desk).step(waitMs: 0) == 2)

            desk.orders.forgetLast(thenAtMs: 500)
            if looksInBetween {
                #expect(
                    await reason { try await consumer(desk).step(waitMs: 0) } == .feedDiverged)
            }
            for number in UInt8(2)...3 {
                try desk.orders.say(OrdersFact.orderCompleted, checkout: 0xc0 + number)
            }
            for _ in 0..<2 {
                #expect(
                    await reason { try await consumer(desk).step(waitMs: 0) } == .feedDiverged)
            }
            #expect(try await desk.violations().contains { $0.hasPrefix("P-4") })
            await desk.close()

            let again = try await Desk(test, folder: folder, orders: desk.orders)
            #expect(await reason { try await consumer(again).step(waitMs: 0) } == .feedDiverged)
            try await again.work(forMs: 90_000)
            #expect(try await again.service.orders.cursor()?.seq == 2)
            #expect(try await again.service.orders.counters()["feed.orders.diverged"] == 1)
            #expect(test.logLines.all.count { $0.contains("feed.diverged") } == 2)
            // From too early: what was booked before stays as it is.
            try await again.follow(1)
            try await again.work(forMs: 2_000)
            #expect(try await again.funds() == 0)
            #expect(try await again.violations() == [])
            #expect(test.logLines.all.contains { $0.contains("feed.followed") })
            await again.close()
        }
    }

    @Test func whoFollowsAFeedNamesItWhereToAndWhy() throws {
        try Desk.run { desk in
            try desk.orders.say(OrdersFact.orderPaid)
            func refusal(
                _ feed: String = "orders", _ feedID: UUID = id(0xf0), from seq: Int64 = 1,
                _ reason: String = "restored"
            ) async -> String? {
                do {
                    _ = try await consumer(desk).follow(
                        FollowFeedRequest(
                            feed: feed, feedId: feedID, fromSeq: seq, reason: reason), desk.call())
                    return nil
                } catch { return (error as? RPCError)?.reason.name ?? "\(error)" }
            }
            #expect(await refusal("inventory") == "INVALID_ARGUMENT")
            #expect(await refusal(" orders") == "INVALID_ARGUMENT")
            #expect(await refusal("orders", id(0xf1)) == "FEED_DIVERGED")
            #expect(await refusal(from: 3) == "FEED_DIVERGED")
            #expect(await refusal(from: .max) == "FEED_DIVERGED")
            #expect(await refusal("orders", id(0xf0), from: 1, "  ") == "REASON_REQUIRED")
            #expect(try await consumer(desk).cursor() == nil)
            #expect(await refusal(from: 2) == nil)
            #expect(try await consumer(desk).cursor()?.seq == 1)
        }
    }

    /// A fact that nobody can read keeps back no other, is told of, and is tried again.
    @Test func whatCannotBeBookedKeepsBackNoOther() throws {
        try Desk.run { desk in
            _ = try await desk.create()
            desk.orders.say(OrdersFact.orderCompleted, checkout: 0xc9, body: [0xff])
            try desk.orders.say(OrdersFact.orderCompleted)
            try await desk.work(forMs: 100_000)
            #expect(try await consumer(desk).cursor()?.seq == 2)
            #expect(try await desk.funds() == 0)
            let alarms = desk.test.logLines.all.count { $0.contains("\"row_set_aside\"") }
            #expect((2...8).contains(alarms))
            #expect(try await desk.violations() == ["P-4"])
            // From the oldest fact on it still has to be booked.
            try await desk.follow(0)
            #expect(try await desk.violations() == [])
            try await desk.work(forMs: 10_000)
            #expect(try await desk.violations() == ["P-4"])
            // An operator has the feed read on behind it, and the log says what that drops.
            try await desk.follow(3)
            #expect(try await desk.violations() == [])
            #expect(desk.test.logLines.all.contains { $0.contains("feed.fact_dropped") })
        }
    }

    /// However many there are, each is tried, and they go by as fast as others.
    @Test func manyThatCannotBeBookedStopNobody() throws {
        try Desk.run { desk in
            _ = try await desk.create()
            for _ in 0..<450 {
                desk.orders.say(OrdersFact.orderCompleted, checkout: 0xc9, body: [0xff])
            }
            try desk.orders.say(OrdersFact.orderCompleted)
            try await desk.work(forMs: 20_000)
            #expect(try await consumer(desk).cursor()?.seq == 451)
            #expect(try await desk.funds() == 0)
            let fact = CheckoutFact(
                checkoutId: id(0xc9), eventId: eventID, total: euros(1), tax: euros(0))
            let body = CBOR.encode(fact)
            try await desk.database.write { batch in
                try batch.execute("UPDATE feed_aside SET body = \(body) WHERE seq = 450")
            }
            try await desk.work(forMs: 60_000)
            let left = try await desk.database.read { reader in
                try reader.query("SELECT MAX(seq) FROM feed_aside") { try $0.next(Int64.self) }
            }
            #expect(left == [449])
        }
    }

    /// What kept a fact from being booked is mended, and it is booked, once.
    @Test func whatWasSetAsideIsBookedInTheEnd() throws {
        try Desk.run { desk in
            _ = try await desk.create()
            try desk.orders.say(OrdersFact.orderCompleted)
            try await desk.database.write {
                try $0.execute("UPDATE payment SET operation = 'STEAL'")
            }
            try await desk.work(forMs: 10_000)
            #expect(try await consumer(desk).cursor()?.seq == 1)
            #expect(try await desk.funds() != 0)
            try await desk.database.write { try $0.execute("UPDATE payment SET operation = NULL") }
            try await desk.work(forMs: 120_000)
            #expect(try await desk.funds() == 0)
            #expect(try await desk.violations() == [])
        }
    }

    @Test func ownFeedIsReadInPages() throws {
        try Desk.run { desk in
            for number in UInt8(1)...5 {
                _ = try await desk.create(createRequest(number, checkout: 0xc0 + number))
            }
            let first = try await desk.page(FeedRequest(feedId: nil, afterSeq: 0, limit: 3))
            #expect(first.events.map(\.seq) == [1, 2, 3])
            #expect(first.head == 5)
            let rest = try await desk.page(FeedRequest(feedId: first.feedId, afterSeq: 3, limit: 3))
            #expect(rest.events.map(\.subject) == [id(4), id(5)])
            let beyond = FeedRequest(feedId: first.feedId, afterSeq: 6)
            #expect(
                await reason { try await desk.page(beyond) } == .feedDiverged
            )
            let other = FeedRequest(feedId: id(9), afterSeq: 1)
            #expect(
                await reason { try await desk.page(other) } == .feedDiverged)
        }
    }
}
