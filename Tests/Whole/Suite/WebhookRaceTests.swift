import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Support
import Testing

/// The races of webhooks (R2 to R5), as buyers meet them: what comes twice, in the wrong order, too
/// early or never, and what becomes of the checkout.
@Suite struct WebhookRaceTests {
    /// 2 tickets at 50.00, 1.00 fee each, 19 % tax.
    private static let total = Money(12_138, SuiteRig.euro)
    private static let never: Int64 = 100_000_000

    /// A checkout whose payment is in the provider's hands, which takes its time.
    private static func paying(
        _ rig: SuiteRig
    ) async throws -> (event: TestEvent, checkout: CheckoutReply, payment: UUID) {
        let event = try await rig.event()
        let checkout = try await rig.reserve(event, expected: total.amount)
        let waiting = try await rig.pay(checkout, "sim_late", .sale)
        #expect(waiting.state == .paying)
        return (event, waiting, try #require(waiting.payment).paymentId)
    }

    /// Twenty webhooks at once, their events by number: how many of them were new.
    private static func ingestAtOnce(
        _ rig: SuiteRig, of payment: UUID, _ eventID: @escaping @Sendable (Int) -> String
    ) async throws -> Int {
        try await withThrowingTaskGroup(of: IngestWebhookReply.self) { group in
            for number in 0..<20 {
                group.addTask(executorPreference: rig.test.scheduler) {
                    try await rig.ingest(eventID(number), of: payment)
                }
            }
            return try await group.reduce(0) { count, reply in
                #expect(reply.accepted)
                return count + (reply.duplicate ? 0 : 1)
            }
        }
    }

    @Test("R2: the same webhook twice or at once is one event and one sale")
    func r2Same() throws {
        for seed in UInt64(1)...10 {
            try SuiteRig.run(seed: seed, sim: SimConfiguration(lateMs: 20_000)) { rig in
                let (event, checkout, payment) = try await Self.paying(rig)
                // The money has come, and the next poll is seconds away.
                try await rig.pass(ms: 21_000)
                let asked = rig.provider.questions.count
                #expect(try await Self.ingestAtOnce(rig, of: payment) { _ in "evt_1" } == 1)
                try await rig.pass(ms: 100)
                let sold = try await rig.checkout(checkout.checkoutId)
                #expect(sold.state == .completed && sold.order?.tickets.count == 2)
                #expect(try await rig.ingest("evt_1", of: payment).duplicate)
                try await rig.pass(ms: 1_000)
                #expect(rig.provider.questions.dropFirst(asked).map(\.name) == ["fetch"])
                #expect(try await rig.webhooks().map(\.state) == [.applied])
                #expect(try await rig.captures() == 1)
                #expect(try await rig.availability(event).types.map(\.sold) == [2])
                try await rig.expectSound()
            }
        }
    }

    @Test("R2: different events of one payment at once take its money once")
    func r2Different() throws {
        for seed in UInt64(1)...10 {
            try SuiteRig.run(seed: seed, sim: SimConfiguration(lateMs: 20_000)) { rig in
                let (event, checkout, payment) = try await Self.paying(rig)
                try await rig.pass(ms: 21_000)
                #expect(try await Self.ingestAtOnce(rig, of: payment) { "evt_\($0)" } == 20)
                try await rig.pass(ms: 100)
                #expect(try await rig.checkout(checkout.checkoutId).state == .completed)
                try await rig.pass(ms: 1_000)
                let states = try await rig.webhooks().map(\.state)
                #expect(states == Array(repeating: .applied, count: 20))
                #expect(try await rig.captures() == 1)
                #expect(try await rig.availability(event).types.map(\.sold) == [2])
                try await rig.expectSound()
            }
        }
    }

    /// What a provider says that a payment is, and the word of the webhook that tells of it.
    enum News: String, Sendable, CaseIterable {
        case processing = "payment.processing"
        case declined = "payment.declined"
        case captured = "payment.captured"

        var status: ProviderPayment.Status {
            switch self {
            case .processing: .processing
            case .declined: .declined(reason: "declined", isRetryable: true, isFinal: false)
            case .captured: .captured
            }
        }

        static let orders: [[News]] = allCases.flatMap { first in
            let rest = allCases.filter { $0 != first }
            return [[first] + rest, [first] + rest.reversed()]
        }
    }

    /// The provider itself is behind its webhooks: with each it says what that one told.
    @Test("R3: webhooks in any order: money that was taken stays taken", arguments: News.orders)
    func r3(_ order: [News]) throws {
        try SuiteRig.run(sim: SimConfiguration(lateMs: Self.never)) { rig in
            let (event, checkout, payment) = try await Self.paying(rig)
            var state = PaymentState.processing
            for news in order {
                rig.provider.tell(ProviderPayment(news.status, amount: Self.total, fee: 195))
                #expect(
                    try await !rig.ingest(news.rawValue, news.rawValue, of: payment).duplicate)
                try await rig.pass(ms: 100)
                switch news {
                case .captured: state = .captured
                // The next attempt is open, which news of the one before do not move.
                case .declined where state == .processing: state = .created
                default: break
                }
                let isCaptured = state == .captured
                let seen = try await rig.payment(payment)
                #expect(seen.state == state && seen.captured == (isCaptured ? Self.total : nil))
                // A failed attempt releases nothing.
                #expect(
                    try await rig.checkout(checkout.checkoutId).state
                        == (isCaptured ? .completed : .paying))
                let stock = try await rig.availability(event)
                #expect(stock.types.map(\.sold) == [isCaptured ? 2 : 0])
                #expect(stock.event.held == (isCaptured ? 0 : 2))
            }
            #expect(try await rig.webhooks().map(\.state) == [.applied, .applied, .applied])
            #expect(try await rig.captures() == 1)
            try await rig.expectSound()
            #expect(try await rig.payment(payment).state == .captured)
        }
    }

    @Test(
        "R4: a webhook comes before CreatePayment's answer is stored, and is applied",
        arguments: ["sim_slow", "sim_lost_reply"])
    func r4BeforeTheAnswer(_ card: String) throws {
        try SuiteRig.onSale(sim: SimConfiguration(webhookBp: 10_000)) { rig, event in
            let request = rig.request(event, method: card, waitMs: 0)
            _ = try await rig.purchase(request)
            try await rig.pass(ms: 500)
            // The provider will not have answered for seconds.
            let payment = try await rig.payment(.derived(from: request.purchaseId, "pay"))
            #expect(payment.state == .captured)
            #expect(try await rig.webhooks().map(\.state) == [.applied])
            #expect(try await rig.checkout(request.purchaseId).state == .committing)
            #expect(try await rig.end(request.purchaseId).state == .completed)
            #expect(rig.provider.questions.map(\.name).prefix(2) == ["sale", "fetch"])
            #expect(try await rig.captures() == 1)
            try await rig.expectSound()
        }
    }

    @Test("R4: a webhook waits for its payment, and is applied as soon as that is there")
    func r4BeforeThePayment() throws {
        try SuiteRig.onSale { rig, event in
            rig.payments.plan { method, _ in
                method == "payments.CreatePayment" ? .requestLost : nil
            }
            let request = rig.request(event, waitMs: 0)
            _ = try await rig.purchase(request)
            let id = UUID.derived(from: request.purchaseId, "pay")
            #expect(try await rig.ingest("evt_early", of: id).accepted)
            try await rig.pass(ms: 190_000)
            let waiting = try #require(try await rig.webhooks().first)
            #expect(waiting.state == .noTargetYet && waiting.appliedAt == nil)
            // Looked at after 0, 1, 3, 7, 15, 31, 63 and 127 s.
            #expect(waiting.tries == 8 && rig.provider.questions == [])

            rig.payments.plan { _, _ in nil }
            // The saga asks again within a minute, and so before the webhook is next looked at.
            #expect(try await rig.end(request.purchaseId, withinMs: 62_000).state == .completed)
            let (applied, payment) = (
                try #require(try await rig.webhooks().first), try await rig.payment(id)
            )
            let appliedAt = try #require(applied.appliedAt)
            #expect(applied.state == .applied)
            #expect((0...10).contains(payment.createdAt.millisecondsUntil(appliedAt)))
            #expect(try #require(waiting.nextTryAt) > appliedAt)
            #expect(try await rig.captures() == 1)
            try await rig.expectSound()
        }
    }

    @Test("R4: a webhook of a payment that never comes is parked after a day, with an alarm")
    func r4Never() throws {
        try SuiteRig.run { rig in
            let services = ["inventory", "orders", "payments"]
            let start = rig.test.clock.now()
            #expect(try await rig.ingest("evt_stray", of: rig.test.world.newID()).accepted)
            try await rig.pass(ms: 60_000)
            #expect(try await rig.webhooks().map(\.state) == [.noTargetYet])
            // The day passes without anybody who counts it in half seconds.
            services.forEach(rig.kill)
            let day: Int64 = 24 * 3_600_000
            try await rig.pass(ms: day - 120_000)
            for service in services { try await rig.start(service) }
            try await rig.pass(ms: 5_000)
            let late = try #require(try await rig.webhooks().first)
            #expect(late.state == .noTargetYet && late.tries == 7)
            #expect(!rig.test.logLines.all.contains { $0.contains("webhook.parked") })

            try await rig.pass(ms: 300_000)
            let parked = try #require(try await rig.webhooks().first)
            #expect(start.millisecondsUntil(rig.test.clock.now()) > day)
            #expect(parked.state == .parked && parked.appliedAt == nil && parked.nextTryAt == nil)
            let alarms = rig.test.logLines.all.filter { $0.contains("webhook.parked") }
            #expect(alarms.count == 1)
            let alarm = try #require(alarms.first)
            #expect(alarm.contains("\"level\":\"error\"") && alarm.contains("evt_stray"))
            #expect(rig.provider.questions == [])
            try await rig.expectSound()
        }
    }

    @Test("R5: what no webhook tells is polled while the buyer waits")
    func r5Polled() throws {
        try SuiteRig.run(sim: SimConfiguration(lateMs: 400_000)) { rig in
            let (_, checkout, _) = try await Self.paying(rig)
            let start = rig.test.clock.now()
            #expect(try await rig.end(checkout.checkoutId).state == .completed)
            #expect(start.millisecondsUntil(rig.test.clock.now()) < 420_000)
            let looks = rig.provider.questions.filter { $0.name == "fetch" }.map(\.at)
            let pauses = zip([start] + looks, looks).map { $0.millisecondsUntil($1) }
            #expect(pauses.count > 25 && pauses.allSatisfy { $0 <= 15_100 }, "\(pauses)")
            #expect(try await rig.webhooks() == [])
            try await rig.expectSound()
        }
    }

    @Test("R5: Payments polls by itself after 5, 15, 60 s and 5 minutes while Orders is away")
    func r5ByItself() throws {
        try SuiteRig.run(sim: SimConfiguration(lateMs: 100_000)) { rig in
            let (_, checkout, payment) = try await Self.paying(rig)
            let start = rig.test.clock.now()
            rig.kill("orders")
            try await rig.pass(ms: 384_000)
            let looks = rig.provider.questions.filter { $0.name == "fetch" }
                .map { start.millisecondsUntil($0.at) / 1_000 }
            #expect(looks == [5, 20, 80, 380], "\(looks)")
            #expect(try await rig.payment(payment).state == .captured)
            try await rig.start("orders")
            #expect(try await rig.end(checkout.checkoutId).state == .completed)
            try await rig.expectSound()
        }
    }

    @Test(
        "R5: when the hold ends, the provider is asked once more before anything is given up",
        arguments: [true, false])
    func r5AtTheEnd(_ isPaid: Bool) throws {
        // The last poll but the forced one is 5 s before the hold's end.
        let sim = SimConfiguration(lateMs: isPaid ? 897_000 : Self.never)
        try SuiteRig.run(sim: sim) { rig in
            let (event, checkout, _) = try await Self.paying(rig)
            let start = rig.test.clock.now()
            let leftMs = try #require(checkout.expiresInMs)
            let end = try await rig.end(checkout.checkoutId)
            #expect(end.state == (isPaid ? .completed : .expired))
            let asked = rig.provider.questions
            #expect(asked.contains { $0.name == "void" } == !isPaid)
            let last = try #require(asked.last { $0.name == "fetch" })
            #expect((0...100).contains(start.millisecondsUntil(last.at) - leftMs))
            #expect(try await rig.availability(event).types.map(\.sold) == [isPaid ? 2 : 0])
            #expect(try await rig.availability(event).event.held == 0)
            try await rig.expectSound()
        }
    }
}
