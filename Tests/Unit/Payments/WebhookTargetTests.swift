import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Stores
import Support
import Testing

@testable import Payments

/// Webhooks about payments that are not there, or not yet.
@Suite struct WebhookTargetTests {
    @Test func aWebhookWaitsForItsPayment() throws {
        try Desk.run { desk in
            try await desk.whileWorking {
                try await desk.ingest()
                try await desk.pass(ms: 100_000)
                let waiting = try #require(try await desk.webhooks().first)
                #expect(waiting.state == .noTargetYet && waiting.appliedAt == nil)
                #expect(waiting.tries > 1)
                let commits = desk.database.statistics.commits
                #expect(try await desk.create().state == .captured)
                try await desk.pass(ms: 5)
                // Two for the payment, one that hurries the webhook, two for it.
                #expect(desk.database.statistics.commits - commits <= 5)
                #expect(try await desk.webhookStates() == [.applied])
            }
            #expect(try await desk.facts() == [PaymentsFact.captured])
            #expect(try await desk.violations() == [])
        }
    }

    /// What waits for nothing costs a payment no statement.
    @Test func aPaymentThatNobodyWaitsForCostsTheSame() throws {
        func cost(_ isAwaited: Bool) throws -> Int64 {
            let test = TestWorld()
            return try test.run {
                let desk = try await Desk(test)
                if isAwaited { try await desk.ingest(HandMade(payment: 9)) }
                try await desk.work(forMs: 100)
                // The first one loads what the next ones find.
                _ = try await desk.create(createRequest(1, checkout: 0xc1))
                let before = desk.database.statistics.statements
                _ = try await desk.create(createRequest(2, checkout: 0xc2))
                return desk.database.statistics.statements - before
            }
        }
        #expect(try cost(true) == cost(false))
    }

    @Test func afterADayAHumanMustLook() throws {
        try Desk.run { desk in
            try await desk.ingest()
            try await desk.work(forMs: 2_500)
            // At 0 and 1 s, and next after 3.
            #expect(try await desk.webhooks().first?.tries == 2)
            try await desk.pass(ms: PaymentTimes.targetMs - 2_501)
            try await desk.work(forMs: 0)
            #expect(try await desk.webhookStates() == [.noTargetYet])
            #expect(desk.count("webhooks.parked") == 0)
            try await desk.work(forMs: 10_000)
            let parked = try #require(try await desk.webhooks(.parked).first)
            #expect(parked.appliedAt == nil && parked.nextTryAt == nil && parked.tries == 3)
            #expect(desk.count("webhooks.parked") == 1)
            let alarms = desk.test.logLines.all.filter { $0.contains("webhook.parked") }
            #expect(alarms.count == 1 && alarms[0].contains("\"level\":\"error\""))
            #expect(alarms[0].contains("evt_1"))
            #expect(try await desk.violations() == [])
            // It does not come back by itself: a human has it looked at again.
            _ = try await desk.create()
            #expect(desk.service.awaited.takeArrived() == [])
            try await desk.work(forMs: 1_000)
            #expect(try await desk.webhookStates() == [.parked])
            #expect(try await desk.replay().state == .received)
            try await desk.work(forMs: 5)
            #expect(try await desk.webhookStates() == [.applied])
        }
    }

    /// 1 s doubling to 5 minutes.
    @Test func looksGrowRarer() {
        let pauses = (Int64(-1)...11).map(PaymentTimes.webhookRetryMs)
        #expect(
            pauses == [
                1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000,
                300_000, 300_000, 300_000,
            ])
    }

    /// The next process waits for the same payments.
    @Test func aWaitSurvivesARestart() throws {
        let test = TestWorld()
        let folder = try StoreFolder()
        try test.run {
            let first = try await Desk(test, folder: folder)
            try await first.ingest()
            try await first.work(forMs: 300_000)
            await first.close()
            let second = try await Desk(test, folder: folder)
            try await second.whileWorking {
                try await second.pass(ms: 5)
                #expect(try await second.webhookStates() == [.noTargetYet])
                _ = try await second.create()
                try await second.pass(ms: 5)
                #expect(try await second.webhookStates() == [.applied])
            }
            await second.close()
        }
    }

    /// Between the look and its commit the payment comes: it is not called missing.
    @Test func aPaymentThatComesMeanwhile() throws {
        try Desk.run { desk in
            try await desk.ingest()
            let webhook = try #require(try await desk.store.dueWebhooks(limit: 1).first)
            #expect(try await desk.store.target(of: webhook) == nil)
            _ = try await desk.create()
            #expect(try await desk.store.settle(webhook, .noPayment) == webhook)
            #expect(try await desk.webhookStates() == [.received])
            // And what changed meanwhile is not settled by an older look.
            try await desk.pass(ms: 1)
            _ = try await desk.replay()
            #expect(try await desk.store.settle(webhook, .applied) == webhook)
            #expect(try await desk.webhookStates() == [.received])
        }
    }

    /// Creates and webhooks at once, in many orders: every webhook finds its payment within
    /// milliseconds.
    @Test func createRacesItsWebhook() throws {
        for seed in StoreFolder.some(of: UInt64(1)...40) {
            let test = TestWorld(seed: seed)
            try test.run {
                let desk = try await Desk(test)
                try await desk.whileWorking {
                    await withTaskGroup(of: Void.self) { group in
                        for number in UInt8(1)...4 {
                            group.addTask(executorPreference: test.scheduler) {
                                let request = createRequest(number, checkout: 0xc0 + number)
                                _ = try? await desk.create(request)
                            }
                            group.addTask(executorPreference: test.scheduler) {
                                let event = HandMade(eventID: "evt_\(number)", payment: number)
                                _ = try? await desk.ingest(event)
                            }
                        }
                    }
                    try await desk.pass(ms: 20)
                    let states = try await desk.webhookStates()
                    #expect(states == Array(repeating: .applied, count: 4), "seed \(seed)")
                }
                #expect(try await desk.facts().count == 4)
                #expect(try await desk.violations() == [])
            }
        }
    }

    @Test func aTombstoneIsNoTarget() throws {
        try Desk.run { desk in
            _ = try await desk.void()
            try await desk.ingest()
            try await desk.work(forMs: 5)
            #expect(try await desk.webhookStates() == [.noTargetYet])
            #expect(try await desk.payment().state == .voided)
        }
    }

    /// A provider is believed about its own payments alone.
    @Test func anotherProvidersPaymentIsNoTarget() throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider([known(.captured)])
            let desk = try await Desk(test, providers: [provider])
            _ = try await desk.create(createRequest(method: "sim_late"))
            try await desk.hear()
            try await desk.work(forMs: 5)
            #expect(try await desk.webhookStates() == [.noTargetYet])
            #expect(provider.asked == [])
            #expect(try await desk.payment().state == .processing)
        }
    }

    @Test func aPaymentThatTheProviderDoesNotKnow() throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider([known(.processing), .unknownPayment])
            let desk = try await Desk(test, providers: [provider])
            _ = try await desk.create(createRequest(provider: "scripted"))
            try await desk.hear()
            try await desk.work(forMs: 4_000)
            #expect(try await desk.webhookStates() == [.noTargetYet])
            #expect(provider.asked == ["sale 1", "fetch", "fetch", "fetch"])
            provider.say([known(.captured)])
            try await desk.work(forMs: 4_000)
            #expect(try await desk.webhookStates() == [.applied])
            #expect(try await desk.payment().state == .captured)
        }
    }

    @Test func onlySoManyPaymentsAreAwaited() {
        let targets = AwaitedTargets()
        let ids = (0...AwaitedTargets.most).map { number in
            let bytes = withUnsafeBytes(of: UInt32(number)) { Array($0) }
            return UUID(
                uuid: (
                    1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10, 11, 12, bytes[0], bytes[1], bytes[2],
                    bytes[3]
                ))
        }
        for id in ids { targets.expect([id]) }
        targets.giveUp(ids[0])
        for id in ids { targets.note(id) }
        #expect(targets.takeArrived() == Array(ids.dropFirst().dropLast()))
        #expect(targets.takeArrived() == [])
    }
}
