import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Support
import Synchronization
import Testing

@testable import Payments

/// What is due is worked off row by row: a bad one stops nothing, a slow one keeps nobody waiting.
@Suite struct DueLoopTests {
    /// Payments whose outcome is not known, due after a while.
    private static func pending(_ desk: Desk, _ numbers: ClosedRange<UInt8>) async throws {
        for number in numbers {
            let request = createRequest(
                number, checkout: number &+ 100, provider: "scripted")
            _ = await reason { try await desk.create(request, waitingMs: 0) }
        }
    }

    private static func setAside(_ test: TestWorld, _ number: UInt8) -> Int {
        test.logLines.all.count {
            $0.contains("\"row_set_aside\"") && $0.contains(id(number).text)
        }
    }

    @Test func paymentsThatCannotBeReadNeitherStopNorHurryTheLoop() throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider([.uncertain("lost")])
            let desk = try await Desk(test, providers: [provider])
            try await Self.pending(desk, 1...81)
            let bad = (UInt8(1)...80).map { id($0) }
            try await desk.database.write { batch in
                try batch.execute(
                    "UPDATE payment SET operation = 'STEAL' WHERE payment_id IN \(each: bad)")
            }
            provider.say([known(.captured)])
            let steps = test.scheduler.steps
            try await desk.work(forMs: 60_000)
            #expect(try await desk.payment(81).state == .captured)
            #expect((3...8).contains(Self.setAside(test, 1)))
            #expect((3...8).contains(Self.setAside(test, 80)))
            #expect(test.scheduler.steps - steps < 100_000)
        }
    }

    /// A page that was read before a row was dealt with shows it as it was.
    @Test func whatWasReadBeforeIsNoAlarm() throws {
        let test = TestWorld()
        try test.run {
            let reads = Atomic(0)
            let due = DueLoop<UUID>.Due(id: id(1), at: test.world.now)
            let job = test.scheduler.spawn {
                await DueLoop<UUID>("payment", in: [.all], test.world).run { _, _, _ in
                    let isBefore = reads.add(1, ordering: .relaxed).newValue <= 2
                    try await test.scheduler.sleep(ms: 20)
                    return isBefore ? [due] : []
                } look: { _ in
                    try await test.scheduler.sleep(ms: 510)
                }
            }
            try await test.scheduler.sleep(ms: 3_000)
            job.cancel()
            #expect(reads.load(ordering: .relaxed) > 2)
            #expect(Self.setAside(test, 1) == 0)
        }
    }

    /// A provider that takes ten seconds an answer, and more payments than are asked at once.
    @Test func aSlowProviderKeepsOnlyItsOwnWaiting() throws {
        let test = TestWorld()
        try test.run {
            let (slow, quick) = (SlowProvider("slow", test.scheduler), ScriptedProvider())
            quick.say([.uncertain("lost")])
            let desk = try await Desk(test, providers: [slow, quick])
            for number in UInt8(1)...40 {
                let request = createRequest(number, checkout: number &+ 100, provider: "slow")
                _ = await reason { try await desk.create(request, waitingMs: 0) }
            }
            try await Self.pending(desk, 41...41)
            slow.pauseMs.store(10_000, ordering: .relaxed)
            quick.say([known(.captured)])
            try await desk.world.scheduler.sleep(ms: PaymentTimes.intentMs)
            try await desk.work(forMs: 2_000)
            #expect(try await desk.payment(41).state == .captured)
            #expect(slow.asked.load(ordering: .relaxed) == 40 + 16)
        }
    }

    /// Of one provider a payment that is never answered takes one place of many.
    @Test func aSlowPaymentKeepsNoOtherWaiting() throws {
        let test = TestWorld()
        try test.run {
            let slow = SlowProvider("slow", test.scheduler)
            let desk = try await Desk(test, providers: [slow])
            for number in UInt8(1)...60 {
                let request = createRequest(number, checkout: number &+ 100, provider: "slow")
                _ = await reason { try await desk.create(request, waitingMs: 0) }
            }
            slow.answers.store(true, ordering: .relaxed)
            slow.stuck.withLock { $0 = [id(1), id(2), id(3)] }
            try await desk.world.scheduler.sleep(ms: PaymentTimes.intentMs)
            try await desk.work(forMs: 3_000)
            for number in UInt8(4)...60 {
                #expect(try await desk.payment(number).state == .captured)
            }
            #expect(try await desk.payment(1).state == .created)
        }
    }

    /// Whatever a look leaves undone: it is not tried without a pause.
    @Test func aRowThatStaysDueIsSetAside() throws {
        let test = TestWorld()
        try test.run {
            let looks = Mutex<[UInt8: Int]>([:])
            let loop = DueLoop<UInt8>("test", in: [.all], test.world)
            let job = test.scheduler.spawn {
                await loop.run { _, last, limit in
                    let rows = (UInt8(1)...200).filter { $0 > last?.id ?? 0 }
                    return rows.prefix(limit).map { .init(id: $0, at: Instant(milliseconds: 1)) }
                } look: { row in
                    looks.withLock { $0[row, default: 0] += 1 }
                }
            }
            try await test.scheduler.sleep(ms: 30_000)
            job.cancel()
            #expect(looks.withLock { $0.count } == 200)
            #expect(looks.withLock { $0.values.allSatisfy { (2...8).contains($0) } })
        }
    }
}

/// Answers nothing, or the money, after a while.
private final class SlowProvider: PaymentProvider {
    let name: String
    let pauseMs = Atomic<Int64>(0)
    let asked = Atomic<Int>(0)
    let answers = Atomic<Bool>(false)
    let stuck = Mutex<Set<UUID>>([])
    private let scheduler: any Scheduler

    init(_ name: String, _ scheduler: any Scheduler) {
        self.name = name
        self.scheduler = scheduler
    }

    private func answer(_ paymentID: UUID) async -> ProviderAnswer {
        asked.add(1, ordering: .relaxed)
        let pauseMs =
            stuck.withLock { $0.contains(paymentID) }
            ? 3_600_000 : pauseMs.load(ordering: .relaxed)
        try? await scheduler.sleep(ms: pauseMs)
        return answers.load(ordering: .relaxed) && !stuck.withLock { $0.contains(paymentID) }
            ? known(.captured) : .uncertain("lost")
    }

    func authorise(_ charge: Charge, key: ProviderKey) async -> ProviderAnswer {
        await answer(charge.paymentID)
    }

    func sale(_ charge: Charge, key: ProviderKey) async -> ProviderAnswer {
        await answer(charge.paymentID)
    }

    func capture(_ paymentID: UUID, amount: Money, key: ProviderKey) async -> ProviderAnswer {
        await answer(paymentID)
    }

    func void(_ paymentID: UUID, key: ProviderKey) async -> ProviderAnswer {
        await answer(paymentID)
    }

    func fetch(_ paymentID: UUID) async -> ProviderAnswer { await answer(paymentID) }

    func refund(_ paymentID: UUID, amount: Money, key: ProviderKey) async -> RefundAnswer {
        .uncertain("lost")
    }
}
