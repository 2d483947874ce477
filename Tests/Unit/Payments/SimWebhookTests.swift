import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Stores
import Support
import Synchronization
import Testing

@testable import Payments

private let told = SimConfiguration(webhookBp: 10_000)

/// What `sim` tells of by itself.
@Suite struct SimWebhookTests {
    /// Events in the journal: type and when it happens, in seconds from the beginning.
    private func journal(_ desk: Desk, _ start: Instant) async throws -> [String] {
        try await desk.journal.read { reader in
            try reader.select(SimEventRow.self, where: "1 = 1 ORDER BY created_at, type")
                .map(\.event)
        }.map { "\($0.type.rawValue) \(start.millisecondsUntil($0.createdAt) / 1_000)" }
    }

    /// Every token: what is told at once, and what is told of the future.
    @Test(arguments: [
        ("sim_ok", CaptureMode.sale, ["payment.captured 0"]),
        ("sim_lost_reply", .sale, ["payment.captured 0"]),
        ("sim_declined", .sale, ["payment.declined 0"]),
        ("nonsense", .sale, ["payment.declined 0"]),
        ("sim_late", .sale, ["payment.processing 0", "payment.captured 20"]),
        ("sim_action", .sale, ["payment.requires_action 0", "payment.captured 3"]),
        ("sim_ok", .authCapture, ["payment.authorised 0", "payment.declined 604800"]),
        (
            "sim_late", .authCapture,
            ["payment.processing 0", "payment.authorised 20", "payment.declined 604800"]
        ),
    ])
    func whatIsToldOfAPayment(_ token: String, _ mode: CaptureMode, _ events: [String]) throws {
        try Desk.run(sim: told) { desk in
            let start = desk.world.now
            _ = await reason { try await desk.create(createRequest(mode: mode, method: token)) }
            #expect(try await journal(desk, start) == events)
            // A key that is asked again tells nothing twice.
            let payment = try await desk.store.payment(id(1))
            let charge = Charge(paymentID: id(1), amount: euros(10_000), method: token)
            _ = await desk.sim.sale(charge, key: ProviderKey(payment.paymentID, .sale))
            #expect(try await journal(desk, start) == events)
        }
    }

    /// What was to come and will not is taken back in the commit that prevents it.
    @Test(arguments: [
        ("sim_action", CaptureMode.sale, ["payment.requires_action 0", "payment.voided 1"]),
        ("sim_action", .authCapture, ["payment.requires_action 0", "payment.voided 1"]),
        ("sim_ok", .authCapture, ["payment.authorised 0", "payment.voided 1"]),
        ("sim_late", .authCapture, ["payment.processing 0", "payment.voided 1"]),
        (
            "sim_late", .sale,
            ["payment.processing 0", "payment.voided 1", "payment.captured 20"]
        ),
    ])
    func aVoidTakesTheFutureBack(
        _ token: String, _ mode: CaptureMode, _ events: [String]
    ) throws {
        let test = TestWorld()
        try test.run {
            var sim = told
            sim.webhookTwiceBp = 10_000
            let desk = try await Desk(test, sim: sim)
            let start = desk.world.now
            _ = try await desk.create(createRequest(mode: mode, method: token))
            try await desk.pass(ms: 1_000)
            _ = try await desk.void()
            #expect(try await journal(desk, start) == events.flatMap { [$0, $0] })
        }
    }

    @Test func aCaptureAndRefundsAreTold() throws {
        try Desk.run(sim: told) { desk in
            let start = desk.world.now
            _ = try await desk.create(createRequest(mode: .authCapture))
            _ = try await desk.capture()
            for number in UInt8(0x51)...0x52 { _ = try await desk.refund(number, amount: 4_000) }
            #expect(
                try await journal(desk, start) == [
                    "payment.authorised 0", "payment.captured 0", "refund.succeeded 0",
                    "refund.succeeded 0",
                ])
            let key = ProviderKey(id(0x54), .refund)
            for _ in 0..<2 { _ = await desk.sim.refund(id(1), amount: euros(4_000), key: key) }
            let second = ProviderKey(id(0x54), .refund, attempt: 2)
            _ = await desk.sim.refund(id(1), amount: euros(4_000), key: second)
            let failed = try await journal(desk, start).filter { $0.hasPrefix("refund.failed") }
            #expect(failed.count == 2)
        }
    }

    /// Neither without an endpoint nor without a secret is anything written, or sent.
    @Test(arguments: [
        (SimConfiguration(), [Desk.webhookSecret]), (told, []),
    ])
    func nobodyIsTold(_ sim: SimConfiguration, _ secrets: [[UInt8]]) throws {
        try Desk.run(sim: sim, webhookSecrets: secrets) { desk in
            _ = try await desk.create(createRequest(1, checkout: 0xc1))
            let before = desk.journal.statistics.statements
            _ = try await desk.create(createRequest(2, checkout: 0xc2))
            // BEGIN, the writer's row, the payment, COMMIT; on PostgreSQL also whose batch it was.
            #expect(
                desk.journal.statistics.statements - before == (StoreFolder.isSQLite ? 4 : 5))
            #expect(try await journal(desk, desk.world.now) == [])
            let jobs = desk.sim.jobs { _, _ in }.map(\.name)
            #expect(jobs == ["clock-repair-sim_payment", "clock-repair-sim_event"])
            let isSaid = desk.test.logLines.all.contains { $0.contains("sim.webhooks_off") }
            #expect(isSaid == secrets.isEmpty)
        }
    }

    /// The webhook goes out after the commit and before the answer, or without one.
    @Test(arguments: ["sim_slow", "sim_lost_reply"])
    func theWebhookComesBeforeTheAnswer(_ token: String) throws {
        try Desk.run(sim: told) { desk in
            try await desk.whileWorking {
                let answer = desk.test.scheduler.spawn {
                    try await desk.create(createRequest(method: token))
                }
                try await desk.pass(ms: 100)
                let early = try await desk.store.payment(id(1))
                #expect(early.state == .captured && early.operation == nil)
                #expect(try await desk.webhookStates() == [.applied])
                #expect(try await answer.value.state == .captured)
            }
            #expect(try await desk.facts() == [PaymentsFact.captured])
            #expect(try await desk.funds() == -10_000)
            #expect(
                try await desk.journal.read { try $0.select(SimEventRow.self, where: "1 = 1") }
                    .isEmpty)
            #expect(try await desk.violations() == [])
        }
    }

    /// What will come is told when it has come: no poll is waited for.
    @Test func lateMoneyIsToldOf() throws {
        let test = TestWorld()
        try test.run {
            var sim = told
            sim.lateMs = 120_000
            let desk = try await Desk(test, sim: sim)
            _ = try await desk.create(createRequest(method: "sim_late"))
            try await desk.work(forMs: 119_000)
            #expect(try await desk.payment().state == .processing)
            try await desk.work(forMs: 2_000)
            #expect(try await desk.payment().state == .captured)
        }
    }

    @Test func lateAndTwiceAreDrawnFromTheSeed() {
        func fates(_ seed: UInt64) -> [[Int64]] {
            let rates = SimConfiguration(
                seed: seed, webhookBp: 8_000, webhookLateBp: 3_000, webhookTwiceBp: 2_000,
                webhookLateMs: 60_000)
            return (0..<10_000).map {
                SimEventFate(of: .derived(from: id(1), "\($0)"), rates).sendings
            }
        }
        let dealt = fates(7)
        #expect(dealt == fates(7) && dealt != fates(8))
        let sent = dealt.filter { !$0.isEmpty }
        #expect((7_800...8_200).contains(sent.count))
        #expect((2_200...2_600).contains(sent.filter { $0[0] > 0 }.count))
        #expect(sent.allSatisfy { (0...60_000).contains($0[0]) })
        let twice = sent.filter { $0.count == 2 }
        #expect((1_450...1_750).contains(twice.count))
        #expect((650...950).contains(twice.filter { $0[0] == $0[1] }.count))
        let most = SimConfiguration(
            webhookBp: 10_000, webhookLateBp: 10_000, webhookTwiceBp: 10_000,
            webhookLateMs: .max)
        let latest = (0..<100).map {
            SimEventFate(of: .derived(from: id(1), "\($0)"), most).sendings
        }
        #expect(latest.allSatisfy { $0.count == 2 && $0[0] > 0 && $0[1] >= $0[0] })
    }

    /// An endpoint that is away: each is sent again, with a signature of its own time, rarer and
    /// rarer.
    @Test func whatIsNotAcceptedIsSentAgain() throws {
        try Desk.run(sim: told) { desk in
            let endpoint = Endpoint(desk, isAway: true)
            _ = try await desk.create()
            let sender = desk.test.scheduler.spawn { try await endpoint.run() }
            try await desk.pass(ms: 20_000)
            // At 0, 1, 3, 7 and 15 s, within the half second of a look.
            #expect(endpoint.times.map { $0 / 1_000 } == [0, 1, 3, 7, 15])
            endpoint.open()
            try await desk.pass(ms: 20_000)
            sender.cancel()
            _ = await sender.result
            #expect(try await desk.webhookStates() == [.received])
            #expect(try await journal(desk, desk.world.now) == [])
            #expect(desk.count("sim.webhooks_refused") == 5)
        }
    }

    @Test func afterThreeDaysItIsGivenUp() throws {
        try Desk.run(sim: told) { desk in
            let endpoint = Endpoint(desk, isAway: true)
            _ = try await desk.create()
            try await desk.pass(ms: SimSendJob.patienceMs - 2)
            let sender = desk.test.scheduler.spawn { try await endpoint.run() }
            try await desk.pass(ms: 1)
            #expect(endpoint.times.count == 1)
            #expect(try await journal(desk, desk.world.now).count == 1)
            try await desk.pass(ms: 2_000)
            #expect(endpoint.times.count == 2)
            #expect(try await journal(desk, desk.world.now) == [])
            sender.cancel()
            _ = await sender.result
            #expect(desk.count("sim.webhooks_lost") == 1)
            #expect(desk.test.logLines.all.filter { $0.contains("sim.webhook_lost") }.count == 1)
        }
    }

    /// The process dies before anything is sent; the next one sends it.
    @Test func whatWasCommittedIsToldAfterACrash() throws {
        let test = TestWorld()
        let folder = try StoreFolder()
        try test.run {
            let first = try await Desk(test, folder: folder, sim: told)
            let payment = try await first.store.create(createRequest())
            _ = await first.service.cashier.ask(payment)
            await first.close()
            let second = try await Desk(test, folder: folder, sim: told)
            #expect(try await second.payment().state == .created)
            try await second.work(forMs: 5)
            #expect(try await second.payment().state == .captured)
            #expect(try await second.webhookStates() == [.applied])
            await second.close()
        }
    }

    /// Late, twice, in any order and lost, together with every other fault: the books are even.
    @Test func everyFaultAtOnce() throws {
        for seed in UInt64(1)...5 {
            let test = TestWorld(seed: seed)
            try test.run {
                let desk = try await Desk(
                    test,
                    sim: SimConfiguration(
                        seed: seed, declinedBp: 1_000, slowBp: 1_000, lostReplyBp: 1_000,
                        lateBp: 1_000, actionBp: 1_000, unavailableBp: 2_000,
                        refundFailedBp: 2_000, webhookBp: 8_000, webhookLateBp: 5_000,
                        webhookTwiceBp: 5_000))
                try await desk.whileWorking {
                    await withTaskGroup(of: Void.self) { group in
                        for number in UInt8(1)...60 {
                            group.addTask(executorPreference: test.scheduler) {
                                await buy(desk, number)
                            }
                        }
                    }
                    try await desk.pass(ms: 600_000)
                }
                #expect(try await desk.store.obligations(.init()).refunds == [])
                #expect(try await desk.balance("refunds_payable") == 0)
                #expect(try await desk.violations() == [], "seed \(seed)")
                let states = try await desk.webhookStates()
                #expect(states.count > 40 && states.allSatisfy { $0 == .applied })
                #expect(desk.count("webhooks.duplicates") > 10)
            }
        }
    }

    private func buy(_ desk: Desk, _ number: UInt8) async {
        let checkout = number &+ 0x80
        _ = await reason { try await desk.create(createRequest(number, checkout: checkout)) }
        if number % 3 == 0 {
            _ = await reason { try await desk.void(number, checkout: checkout) }
        }
        if number % 4 == 0 {
            _ = await reason { try await desk.refund(number &+ 0x40, of: number, amount: 5_000) }
        }
    }
}

/// Payments' endpoint, which may be away, and when it was called, in milliseconds.
private final class Endpoint: Sendable {
    private struct Away: Error {}

    private let desk: Desk
    private let start: Instant
    private let state: Mutex<(isAway: Bool, times: [Int64])>

    init(_ desk: Desk, isAway: Bool) {
        self.desk = desk
        start = desk.world.now
        state = Mutex((isAway, []))
    }

    var times: [Int64] { state.withLock { $0.times } }

    func open() { state.withLock { $0.isAway = false } }

    /// What sends to it.
    func run() async throws {
        let jobs = desk.sim.jobs { [self] webhook, provider in
            let isAway = state.withLock {
                $0.times.append(start.millisecondsUntil(desk.world.now))
                return $0.isAway
            }
            if isAway { throw Away() }
            try await desk.service.ingest(webhook, from: provider)
        }
        try await withThrowingTaskGroup { group in
            for job in jobs { group.addTask { try await job.run() } }
            try await group.waitForAll()
        }
    }
}
