import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Stores
import Support
import Testing

@testable import Payments

@Suite struct SimTests {
    private let stores: StoreFolder

    init() throws { stores = try StoreFolder(inMemory: true) }

    private func provider(
        _ test: TestWorld, _ configuration: SimConfiguration = SimConfiguration(),
        folder: StoreFolder? = nil
    ) async throws -> (SimProvider, Database) {
        let journal = try await Database.open(
            folder?.location("sim") ?? stores.newLocation(), migrations: SimSchema.migrations,
            world: test.world,
            mode: .scheduled)
        return (
            SimProvider(world: test.world, journal: journal, configuration: configuration), journal
        )
    }

    private func charge(_ number: UInt8 = 1, _ method: String? = "sim_ok") -> Charge {
        Charge(paymentID: id(number), amount: euros(10_000), method: method)
    }

    private func status(_ answer: ProviderAnswer) -> ProviderPayment.Status? {
        if case .known(let payment) = answer { payment.status } else { nil }
    }

    /// 1.4 % and 25 minor units, rounded half up.
    @Test(
        arguments: [
            (1, 25), (35, 25), (36, 26), (100, 26), (107, 26), (108, 27), (10_000, 165),
            (PaymentLimits.maxAmount, 14_000_000_025), (Int64.max, 129_127_208_515_966_886),
        ] as [(Int64, Int64)])
    func fees(amount: Int64, fee: Int64) {
        let payment = SimPayment(
            paymentID: id(1), amount: euros(amount), isSale: true, fate: .ok,
            dueAt: Instant(milliseconds: 0), lapsesAt: Instant(milliseconds: 0))
        #expect(payment.fee == fee)
    }

    @Test func theJournalRemembersWhatWasDone() throws {
        let test = TestWorld()
        let folder = try StoreFolder()
        try test.run {
            let (first, journal) = try await provider(test, folder: folder)
            _ = await first.sale(charge(), key: ProviderKey(id(1), .sale))
            let refund = ProviderKey(id(0x51), .refund)
            #expect(await first.refund(id(1), amount: euros(6_000), key: refund) == .succeeded)
            await journal.close()

            let (second, reopened) = try await provider(test, folder: folder)
            #expect(status(await second.fetch(id(1))) == .captured)
            #expect(await second.fetch(id(2)) == .unknownPayment)
            #expect(await second.refund(id(1), amount: euros(6_000), key: refund) == .succeeded)
            let more = ProviderKey(id(0x52), .refund)
            let excess = await second.refund(id(1), amount: euros(6_000), key: more)
            #expect(excess == .failed("not_refundable"))
            await reopened.close()
        }
    }

    @Test func aLostReplyIsLostOnce() throws {
        let test = TestWorld()
        try test.run {
            let (sim, _) = try await provider(test)
            let key = ProviderKey(id(1), .sale)
            let lost = await sim.sale(charge(1, "sim_lost_reply"), key: key)
            #expect(lost == .uncertain("sim did not answer"))
            #expect(status(await sim.sale(charge(1, "sim_lost_reply"), key: key)) == .captured)
        }
    }

    @Test func lateMoneyComesEvenAfterAVoid() throws {
        let test = TestWorld()
        try test.run {
            let (sim, _) = try await provider(test)
            _ = await sim.sale(charge(1, "sim_late"), key: ProviderKey(id(1), .sale))
            #expect(status(await sim.void(id(1), key: ProviderKey(id(1), .void))) == .voided)
            try await test.scheduler.sleep(ms: 20_000)
            #expect(status(await sim.fetch(id(1))) == .captured)
        }
    }

    /// The same seed deals the same fates, in about the proportions asked for.
    @Test func ratesAreDrawnFromTheSeed() {
        let rates = SimConfiguration(
            seed: 7, declinedBp: 1_000, slowBp: 500, lostReplyBp: 500, lateBp: 200, actionBp: 200)
        func fates(_ configuration: SimConfiguration) -> [SimFate] {
            (0..<10_000).map { number in
                let bytes = withUnsafeBytes(of: UInt32(number)) { Array($0) }
                let id = UUID(
                    uuid: (
                        1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10, 11, 12, bytes[0], bytes[1], bytes[2],
                        bytes[3]
                    ))
                return SimFate.of("sim_ok", id, configuration)
            }
        }
        let dealt = fates(rates)
        #expect(dealt == fates(rates))
        var other = rates
        other.seed = 8
        #expect(dealt != fates(other))
        let counts = Dictionary(grouping: dealt, by: \.self).mapValues(\.count)
        #expect((850...1_150).contains(counts[.declined] ?? 0))
        #expect((400...600).contains(counts[.lostReply] ?? 0))
        #expect((7_400...7_800).contains(counts[.ok] ?? 0))
    }

    @Test func anAwayProviderDidNothing() throws {
        let test = TestWorld()
        try test.run {
            let (sim, journal) = try await provider(test, SimConfiguration(unavailableBp: 10_000))
            let answer = await sim.sale(charge(), key: ProviderKey(id(1), .sale))
            #expect(answer == .unavailable("sim is away"))
            let row = try await journal.read { try $0.find(SimPaymentRow.self, id(1)) }
            #expect(row == nil)
        }
    }

    @Test func settingsAreNameNumberPairs() throws {
        let parsed = try SimConfiguration(parsing: "seed=7,lostReplyBp=50,slowMs=500")
        #expect(parsed == SimConfiguration(seed: 7, lostReplyBp: 50, slowMs: 500))
        let webhooks = try SimConfiguration(
            parsing: "webhookBp=1,webhookLateBp=2,webhookTwiceBp=3,webhookLateMs=4")
        #expect(
            webhooks
                == SimConfiguration(
                    webhookBp: 1, webhookLateBp: 2, webhookTwiceBp: 3, webhookLateMs: 4))
        #expect(try SimConfiguration(parsing: "") == SimConfiguration())
    }

    @Test(arguments: [
        "seed", "seed=", "seed=-1", "lateBp=10001", "webhookBp=10001", "nobody=1",
        "slowMs=9223372036854775808",
    ])
    func settingsThatCannotBe(text: String) {
        #expect(throws: SimConfiguration.Problem.self) { try SimConfiguration(parsing: text) }
    }

    /// Many purchases under every fault at once: nothing is lost, and the books are even.
    @Test func everyFaultAtOnce() throws {
        for seed in UInt64(1)...3 {
            let test = TestWorld(seed: seed)
            try test.run {
                let desk = try await Desk(
                    test,
                    sim: SimConfiguration(
                        seed: seed, declinedBp: 1_000, slowBp: 500, lostReplyBp: 1_000,
                        lateBp: 1_000, actionBp: 1_000, unavailableBp: 2_000,
                        refundFailedBp: 2_000))
                await withTaskGroup(of: Void.self) { group in
                    for number in UInt8(1)...60 {
                        group.addTask(executorPreference: test.scheduler) {
                            await buy(desk, number)
                        }
                    }
                }
                try await desk.work(forMs: 600_000)
                #expect(try await desk.store.obligations(.init()).refunds == [])
                #expect(try await desk.balance("refunds_payable") == 0)
                #expect(try await desk.violations() == [], "seed \(seed)")
            }
        }
    }

    /// Some buyers change their minds at once, and some get their money back.
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
