import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stores
import Support
import Testing

@testable import Payments

/// Answers that are missing, late, or come after a crash.
@Suite struct UncertaintyTests {
    private let scripted = createRequest(provider: "scripted")

    @Test func theUncertainIsAskedAgainUnderTheSameKey() throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider([
                .uncertain("lost"), .unavailable("away"), known(.captured),
            ])
            let desk = try await Desk(test, providers: [provider])
            #expect(try await desk.create(scripted).state == .captured)
            #expect(provider.asked == ["sale 1", "sale 1", "sale 1"])
        }
    }

    @Test(arguments: [
        (ProviderAnswer.uncertain("lost"), Reason.providerUncertain),
        (.unavailable("away"), .providerUnavailable),
    ])
    func withoutAnAnswerInTimeTheOutcomeIsUnknown(
        answer: ProviderAnswer, expected: Reason
    ) throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test, providers: [ScriptedProvider([answer])])
            do {
                _ = try await desk.create(scripted, waitingMs: 3_000)
                Issue.record("answered")
            } catch let error as RPCError {
                #expect(error.reason == expected)
                #expect(error.outcome == .unknown)
            }
            #expect(try await desk.payment().state == .created)
        }
    }

    @Test func theSettlerFinishesWhatNobodyWaitsFor() throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider(
                Array(repeating: .uncertain("lost"), count: 8) + [known(.captured)])
            let desk = try await Desk(test, providers: [provider])
            let found = await reason { try await desk.create(scripted, waitingMs: 1_000) }
            #expect(found == .providerUncertain)
            try await desk.work(forMs: 60_000)
            #expect(try await desk.payment().state == .captured)
            #expect(Set(provider.asked) == ["sale 1"])
        }
    }

    @Test func anOldKeyIsNeverUsedAgain() throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider([.uncertain("lost")])
            let desk = try await Desk(test, providers: [provider])
            _ = await reason { try await desk.create(scripted, waitingMs: 1_000) }
            try await desk.world.scheduler.sleep(ms: PaymentTimes.keyMs)
            let before = provider.asked.count
            _ = await reason { try await desk.create(scripted, waitingMs: 1_000) }
            try await desk.work(forMs: 60_000)
            #expect(provider.asked.count > before)
            #expect(Set(provider.asked.dropFirst(before)) == ["fetch"])
        }
    }

    @Test func aVoidWaitsForThePendingCall() throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider([.uncertain("lost")])
            let desk = try await Desk(test, providers: [provider])
            _ = await reason { try await desk.create(scripted, waitingMs: 1_000) }
            let found = await reason { try await desk.void(waitingMs: 2_000) }
            #expect(found == .providerUncertain)
            #expect(!provider.asked.contains("void 1"))
        }
    }

    @Test func aVoidThatFindsTheMoneySaysSo() throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider([known(.processing), known(.captured)])
            let desk = try await Desk(test, providers: [provider])
            #expect(try await desk.create(scripted).state == .processing)
            #expect(await reason { try await desk.void() } == .alreadyCaptured)
            #expect(try await desk.payment().state == .captured)
            #expect(try await desk.funds() == -10_000)
        }
    }

    @Test func lateMoneyIsCapturedByThePoll() throws {
        try Desk.run { desk in
            #expect(try await desk.create(createRequest(method: "sim_late")).state == .processing)
            try await desk.work(forMs: 90_000)
            #expect(try await desk.payment().state == .captured)
            #expect(
                try await desk.facts() == [PaymentsFact.processing, PaymentsFact.captured])
        }
    }

    /// Success after cancel: one automatic refund, and the books are even.
    @Test func lateMoneyOfAVoidedPaymentGoesBack() throws {
        try Desk.run { desk in
            _ = try await desk.create(createRequest(method: "sim_late"))
            #expect(try await desk.void().state == .voided)
            try await desk.work(forMs: 90_000)
            let payment = try await desk.payment()
            #expect(payment.state == .captured)
            #expect(payment.refunded == euros(10_000))
            #expect(
                try await desk.facts() == [
                    PaymentsFact.processing, PaymentsFact.voided, PaymentsFact.captured,
                    PaymentsFact.refundSucceeded,
                ])
            #expect(try await desk.funds() == 0)
            #expect(try await desk.balance("refunds_payable") == 0)
            #expect(try await desk.violations() == [])
            let unsettled = try await desk.store.unsettled(.init(olderThanMs: 0)).payments
            #expect(unsettled == [])
            // Whoever missed the answer to the void hears that nothing is kept, and of no refusal.
            let again = try await desk.void()
            #expect(again.state == .captured && !again.isKept)
        }
    }

    @Test func theBuyerActs() throws {
        try Desk.run { desk in
            let waiting = try await desk.create(createRequest(method: "sim_action"))
            #expect(waiting.clientSecret != nil)
            try await desk.work(forMs: 30_000)
            let paid = try await desk.payment()
            #expect(paid.state == .captured)
            #expect(paid.clientSecret == nil)
        }
    }

    @Test func aBuyerWhoNeverActsIsGivenUp() throws {
        try Desk.run(sim: SimConfiguration(actionMs: 3_600_000)) { desk in
            _ = try await desk.create(createRequest(method: nil, expiresInMs: 60_000))
            try await desk.work(forMs: 50_000)
            #expect(try await desk.payment().state == .requiresAction)
            try await desk.work(forMs: 100_000)
            #expect(try await desk.payment().state == .voided)
        }
    }

    @Test func aRefreshAsksTheProvider() throws {
        try Desk.run { desk in
            _ = try await desk.create(createRequest(method: "sim_late"))
            try await desk.world.scheduler.sleep(ms: 20_000)
            #expect(try await desk.store.payment(id(1)).state == .processing)
            let asked = try await desk.service.refresh(
                RefreshPaymentRequest(paymentId: id(1)), desk.call())
            #expect(asked.state == .captured)
        }
    }

    /// The process dies after the intent, before the answer is committed: the provider has the
    /// money, and the next process learns of it under the same key.
    @Test func aCrashBetweenTheProviderAndTheCommit() throws {
        let test = TestWorld()
        let folder = try StoreFolder()
        try test.run {
            let first = try await Desk(test, folder: folder)
            let payment = try await first.store.create(createRequest())
            let answer = await first.service.cashier.ask(payment)
            #expect(answer == known(.captured))
            await first.close()

            let second = try await Desk(test, folder: folder)
            #expect(try await second.payment().state == .created)
            try await second.work(forMs: 20_000)
            #expect(try await second.payment().state == .captured)
            #expect(try await second.funds() == -10_000)
            #expect(try await second.facts() == [PaymentsFact.captured])
            await second.close()
        }
    }

    @Test func aCrashBetweenTheIntentAndTheProvider() throws {
        let test = TestWorld()
        let folder = try StoreFolder()
        try test.run {
            let first = try await Desk(test, folder: folder)
            _ = try await first.store.create(createRequest())
            await first.close()
            let second = try await Desk(test, folder: folder)
            #expect(try await second.create().state == .captured)
            #expect(try await second.violations() == [])
            await second.close()
        }
    }

    @Test func refundsAreRetriedUnderOneKeyUntilADefiniteNo() throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider(
                [known(.captured)],
                refunds: [
                    .uncertain("lost"), .unavailable("away"), .failed("poor"), .uncertain("lost"),
                    .succeeded,
                ])
            let desk = try await Desk(test, providers: [provider])
            _ = try await desk.create(scripted)
            let owed = try await desk.refund()
            #expect(owed.state == .submitted)
            try await desk.work(forMs: 60_000)
            #expect(
                provider.asked.dropFirst() == [
                    "refund 1", "refund 1", "refund 1", "refund 2", "refund 2",
                ])
            #expect(try await desk.payment().refunded == euros(10_000))
        }
    }
}
