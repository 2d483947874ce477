import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stores
import Support
import Testing

@testable import Payments

@Suite struct RefundTests {
    @Test func aRefundBeforeTheSaleComesOutOfTheFunds() throws {
        try Desk.run { desk in
            _ = try await desk.create()
            let refund = try await desk.refund(kind: .compensation)
            #expect(refund.state == .succeeded)
            #expect(refund.settledAt != nil)
            #expect(try await desk.funds() == 0)
            #expect(try await desk.balance("refunds_payable") == 0)
            #expect(try await desk.balance("clearing:sim") == -165)
            #expect(
                try await desk.facts() == [PaymentsFact.captured, PaymentsFact.refundSucceeded])
            #expect(try await desk.violations() == [])
        }
    }

    @Test func aReplayedRefundMovesNothing() throws {
        try Desk.run { desk in
            _ = try await desk.create()
            let first = try await desk.refund(amount: 4_000)
            #expect(try await desk.refund(amount: 4_000) == first)
            #expect(await reason { try await desk.refund(amount: 1) } == .idempotencyConflict)
            #expect(try await desk.payment().refunded == euros(4_000))
        }
    }

    /// Fifty at once over a sum of which only some fit.
    @Test func refundsNeverExceedWhatWasCaptured() throws {
        for seed in UInt64(1)...10 {
            let test = TestWorld(seed: seed)
            try test.run {
                let desk = try await Desk(test)
                _ = try await desk.create()
                let ends = await withTaskGroup(of: Reason?.self) { group in
                    for number in UInt8(0)..<50 {
                        group.addTask(executorPreference: test.scheduler) {
                            await reason { try await desk.refund(0x60 + number, amount: 1_100) }
                        }
                    }
                    return await group.reduce(into: [Reason?]()) { $0.append($1) }
                }
                #expect(ends.filter { $0 == nil }.count == 9)
                #expect(ends.filter { $0 == .refundExceedsCaptured }.count == 41)
                #expect(try await desk.payment().refunded == euros(9_900))
                #expect(try await desk.violations() == [])
            }
        }
    }

    @Test func onlyCapturedMoneyGoesBack() throws {
        try Desk.run { desk in
            #expect(await reason { try await desk.refund() } == .paymentNotFound)
            _ = try await desk.create(createRequest(mode: .authCapture))
            #expect(await reason { try await desk.refund() } == .paymentState)
            _ = try await desk.capture()
            let pounds = RefundPaymentRequest(
                refundId: id(0x51), paymentId: id(1), amount: Money(1, Currency("GBP")),
                kind: .buyer, reason: "test")
            #expect(
                await reason { try await desk.service.refund(pounds, desk.call()) }
                    == .amountMismatch)
            #expect(await reason { try await desk.store.refund(id(0x51)) } == .refundNotFound)
        }
    }

    @Test("R8: a refund refused five times is parked and still owed")
    func aRefundRefusedFiveTimesIsParkedAndStillOwed() throws {
        try Desk.run(sim: SimConfiguration(refundFailedBp: 10_000)) { desk in
            _ = try await desk.create()
            #expect(try await desk.refund().state == .requested)
            try await desk.work(forMs: 60_000)
            let refund = try await desk.store.refund(id(0x51))
            #expect(refund.state == .parked)
            #expect(refund.attempt == 5)
            #expect(refund.lastError == "insufficient_funds")
            let obligations = try await desk.store.obligations(.init(checkoutId: id(0xc1)))
            #expect(obligations.refunds.map(\.refundId) == [id(0x51)])
            #expect(try await desk.balance("refunds_payable") == -10_000)
            #expect(try await desk.facts().last == PaymentsFact.refundParked)
            #expect(try await desk.violations() == [])
            #expect(desk.test.logLines.all.contains { $0.contains("refund.parked") })
        }
    }

    /// The way out of PARKED: a human asks again, and a new key is used.
    @Test func aParkedRefundIsRetried() throws {
        let test = TestWorld()
        let folder = try StoreFolder()
        try test.run {
            let poor = try await Desk(
                test, folder: folder, sim: SimConfiguration(refundFailedBp: 10_000))
            _ = try await poor.create()
            _ = try await poor.refund()
            try await poor.work(forMs: 60_000)
            let retry = RetryRefundRequest(refundId: id(0x51), reason: "the account is filled")
            let still = try await poor.service.retry(retry, poor.call())
            #expect(still.state == .parked && still.attempt == 6)
            #expect(try await poor.refund() == still)
            await poor.close()

            let rich = try await Desk(test, folder: folder)
            let settled = try await rich.service.retry(retry, rich.call())
            #expect(settled.state == .succeeded && settled.attempt == 7)
            #expect(try await rich.service.retry(retry, rich.call()) == settled)
            #expect(try await rich.balance("refunds_payable") == 0)
            #expect(try await rich.violations() == [])
            await rich.close()
        }
    }

    @Test func anObligationSurvivesACrash() throws {
        let test = TestWorld()
        let folder = try StoreFolder()
        try test.run {
            let first = try await Desk(test, folder: folder)
            _ = try await first.create()
            _ = try await first.store.request(
                RefundPaymentRequest(
                    refundId: id(0x51), paymentId: id(1), amount: euros(10_000),
                    kind: .compensation, reason: "test"))
            await first.close()
            let second = try await Desk(test, folder: folder)
            try await second.work(forMs: 20_000)
            #expect(try await second.store.refund(id(0x51)).state == .succeeded)
            #expect(try await second.store.obligations(.init()).refunds == [])
            await second.close()
        }
    }

    @Test func obligationsComeInPages() throws {
        try Desk.run(sim: SimConfiguration(refundFailedBp: 10_000)) { desk in
            _ = try await desk.create()
            for number in UInt8(0x51)...0x55 { _ = try await desk.refund(number, amount: 100) }
            var after: String?
            var found: [UUID] = []
            repeat {
                let page = try await desk.store.obligations(.init(after: after, limit: 2))
                found += page.refunds.map(\.refundId)
                after = page.next
            } while after != nil
            #expect(found == (UInt8(0x51)...0x55).map(id))
        }
    }
}
