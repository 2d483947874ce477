import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Stores
import Support
import Testing

@testable import Payments

private let action = ProviderPayment.Status.requiresAction(clientSecret: "s")

/// What a webhook leads to: the provider is asked, and what it says is committed.
@Suite struct WebhookTests {
    private let scripted = createRequest(provider: "scripted")

    /// The next poll would come minutes later.
    @Test func newsAreKnownWithinMilliseconds() throws {
        try Desk.run(sim: SimConfiguration(lateMs: 30_000)) { desk in
            _ = try await desk.create(createRequest(method: "sim_late"))
            try await desk.whileWorking {
                // Between two looks at what is due.
                try await desk.pass(ms: 30_100)
                #expect(try await desk.payment().state == .processing)
                try await desk.ingest()
                try await desk.pass(ms: 5)
                #expect(try await desk.payment().state == .captured)
                #expect(try await desk.webhookStates() == [.applied])
            }
            #expect(try await desk.webhooks().first?.appliedAt != nil)
            #expect(try await desk.violations() == [])
        }
    }

    /// All 24 orders of four events, each told once and told twice. What the events say is
    /// arbitrary; what the provider says when it is asked decides, and only upward.
    @Test(arguments: StoreFolder.some(of: permutations([0, 1, 2, 3])), [1, 2])
    func theOrderOfArrivalNeverDecides(_ order: [Int], _ times: Int) throws {
        let types = [
            "payment.requires_action", "payment.processing", "payment.captured",
            "refund.succeeded",
        ]
        let views: [ProviderPayment.Status] = [action, .processing, .captured, .captured]
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider([known(.processing)])
            let desk = try await Desk(test, providers: [provider])
            provider.say([.uncertain("lost")])
            _ = await reason { try await desk.create(scripted, waitingMs: 100) }
            var best = PaymentState.created
            for event in order {
                provider.say([known(views[event])])
                for _ in 0..<times { try await desk.hear("evt_\(event)", types[event]) }
                try await desk.work(forMs: 5)
                let seen = [PaymentState.requiresAction, .processing, .captured, .captured][event]
                if seen.rank > best.rank { best = seen }
                #expect(try await desk.payment().state == best)
            }
            #expect(try await desk.webhookStates() == Array(repeating: .applied, count: 4))
            #expect(provider.asked.filter { $0 == "fetch" }.count == 4)
            let facts = try await desk.facts()
            #expect(facts.filter { $0 == PaymentsFact.captured }.count == 1)
            #expect(facts.last == PaymentsFact.captured)
            #expect(try await desk.funds() == -10_000)
            #expect(try await desk.violations() == [])
        }
    }

    /// The same orders, but the provider has long come to the end: every event finds that.
    @Test(arguments: permutations([0, 1, 2, 3]))
    func whateverComesFirstFindsTheEnd(_ order: [Int]) throws {
        let types = [
            "payment.requires_action", "payment.processing", "payment.captured",
            "refund.succeeded",
        ]
        try Desk.run { desk in
            let asked = try await desk.store.create(createRequest())
            _ = await desk.service.cashier.ask(asked)
            let key = ProviderKey(id(0x51), .refund)
            #expect(await desk.sim.refund(id(1), amount: euros(4_000), key: key) == .succeeded)
            for event in order {
                try await desk.ingest(HandMade(eventID: "evt_\(event)", type: types[event]))
                try await desk.work(forMs: 5)
                #expect(try await desk.payment().state == .captured)
            }
            #expect(try await desk.facts() == [PaymentsFact.captured])
            #expect(try await desk.violations() == [])
        }
    }

    @Test func whatTheWebhookSaysIsNotBelieved() throws {
        try Desk.run { desk in
            _ = try await desk.create(createRequest(method: "sim_late"))
            try await desk.ingest(HandMade(type: "payment.captured"))
            try await desk.work(forMs: 5)
            #expect(try await desk.webhookStates() == [.applied])
            #expect(try await desk.payment().state == .processing)
            #expect(try await desk.funds() == 0)
        }
    }

    /// Told too early, a poll is not put off: without the webhook that was lost it is all there is.
    @Test func whatIsNoNewsDoesNotPutOffThePoll() throws {
        try Desk.run { desk in
            _ = try await desk.create(createRequest(method: "sim_late"))
            let before = try await desk.store.payment(id(1))
            for number in 0..<5 {
                try await desk.ingest(
                    HandMade(eventID: "evt_\(number)", type: "payment.processing"))
            }
            try await desk.work(forMs: 5)
            #expect(try await desk.webhookStates().allSatisfy { $0 == .applied })
            #expect(try await desk.store.payment(id(1)) == before)
        }
    }

    @Test func unknownTypesAreIgnored() throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider([known(.captured)])
            let desk = try await Desk(test, providers: [provider])
            _ = try await desk.create(scripted)
            for number in 0..<50 {
                try await desk.ingest(
                    HandMade(eventID: "evt_\(number)", type: "mandate.kind_\(number)"))
                try await desk.hear("evt_\(number)", "payout.kind_\(number)", of: nil)
            }
            try await desk.work(forMs: 60_000)
            let webhooks = try await desk.webhooks()
            #expect(webhooks.count == 100)
            #expect(webhooks.allSatisfy { $0.state == .ignored && $0.appliedAt != nil })
            #expect(webhooks.allSatisfy { $0.paymentId == nil && $0.nextTryAt == nil })
            #expect(provider.asked == ["sale 1"])
            #expect(try await desk.violations() == [])
        }
    }

    @Test(arguments: [(Int64(12_000), "EUR"), (9_999, "EUR"), (10_000, "USD")])
    func anotherAmountIsQuarantined(_ amount: Int64, _ currency: String) throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider([known(.processing)])
            let desk = try await Desk(test, providers: [provider])
            _ = try await desk.create(scripted)
            provider.say([
                .known(ProviderPayment(.captured, amount: Money(amount, Currency(currency))))
            ])
            for event in ["evt_1", "evt_2"] {
                try await desk.hear(event)
                try await desk.work(forMs: 5)
            }
            let payment = try await desk.payment()
            #expect(payment.state == .failedFinal && payment.captured == nil)
            #expect(payment.lastError == "AMOUNT_MISMATCH")
            try await desk.work(forMs: 1_000)
            #expect(provider.asked.filter { $0.hasPrefix("refund") } == ["refund 1"])
            #expect(try await desk.balance("refunds_payable") == 0)
            #expect(try await desk.webhookStates() == [.applied, .applied])
            #expect(try await desk.violations() == [])
        }
    }

    /// A provider that cannot be asked: nothing is lost, and nothing is called applied.
    @Test(arguments: [ProviderAnswer.unavailable("away"), .uncertain("silent")])
    func withoutAnAnswerItIsLookedAtAgain(_ answer: ProviderAnswer) throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider([known(.authorised), answer])
            let desk = try await Desk(test, providers: [provider])
            _ = try await desk.create(createRequest(provider: "scripted", mode: .authCapture))
            try await desk.hear()
            try await desk.work(forMs: 20_000)
            let waiting = try #require(try await desk.webhooks().first)
            #expect(waiting.state == .received && waiting.appliedAt == nil)
            // At 0, 1, 3, 7 and 15 s.
            #expect(waiting.tries == 5 && provider.asked.count == 6)
            #expect(try await desk.store.verify(VerifyRequest()).pending == 2)
            provider.say([known(.captured)])
            try await desk.work(forMs: 20_000)
            #expect(try await desk.webhookStates() == [.applied])
            #expect(try await desk.payment().state == .captured)
        }
    }

    /// The process dies after the effect and before the webhook is called applied.
    @Test func aCrashBetweenTheEffectAndItsNote() throws {
        let test = TestWorld()
        let folder = try StoreFolder()
        try test.run {
            let first = try await Desk(test, folder: folder)
            _ = try await first.create(createRequest(method: "sim_late"))
            try await first.pass(ms: 20_000)
            try await first.ingest()
            let payment = try await first.store.payment(id(1))
            #expect(try await first.service.cashier.follow(payment) == .applied)
            #expect(try await first.payment().state == .captured)
            #expect(try await first.webhookStates() == [.received])
            await first.close()

            let second = try await Desk(test, folder: folder)
            try await second.work(forMs: 5)
            #expect(try await second.webhookStates() == [.applied])
            #expect(
                try await second.facts() == [PaymentsFact.processing, PaymentsFact.captured])
            #expect(try await second.funds() == -10_000)
            #expect(try await second.ingest().duplicate)
            await second.close()
        }
    }

    /// Whose answer is not known is asked again at once, under its key; whose answer was a no waits
    /// as it would have.
    @Test func aRefundWithoutAnAnswerIsAskedForAgain() throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider(
                [known(.captured)], refunds: [.uncertain("lost"), .failed("poor"), .succeeded])
            let desk = try await Desk(test, providers: [provider])
            _ = try await desk.create(scripted)
            #expect(try await desk.refund().state == .submitted)
            try await desk.hear("evt_1", "refund.failed")
            try await desk.hear("evt_2", "refund.failed")
            let applier = WebhookJob(
                world: desk.world, store: desk.store, cashier: desk.service.cashier,
                awaited: AwaitedTargets())
            for webhook in try await desk.store.dueWebhooks(limit: 16) {
                try await applier.apply(webhook)
            }
            #expect(provider.asked == ["sale 1", "refund 1", "fetch", "refund 1", "fetch"])
            #expect(try await desk.store.refund(id(0x51)).state == .requested)
            try await desk.work(forMs: 60_000)
            #expect(provider.asked.last == "refund 2")
            #expect(try await desk.payment().refunded == euros(10_000))
        }
    }
}
