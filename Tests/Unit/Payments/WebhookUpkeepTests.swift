import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Support
import Testing
import Text

@testable import Payments

/// What operators see of webhooks and do with them, and how long they are kept.
@Suite struct WebhookUpkeepTests {
    @Test func theyAreListedByStateInPages() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test, providers: [ScriptedProvider()])
            for number in 0..<5 {
                try await desk.ingest(HandMade(eventID: "evt_\(number)", type: "other"))
                try await desk.hear("evt_\(number)")
            }
            try await desk.ingest(HandMade(eventID: "zzz", payment: 7))
            func pages(_ state: WebhookState?) async throws -> [[String]] {
                var pages: [[String]] = []
                var after: String?
                repeat {
                    let page = try await desk.store.webhooks(
                        ListWebhooksRequest(state: state, after: after, limit: 4))
                    pages.append(page.webhooks.map { "\($0.provider) \($0.eventId)" })
                    after = page.next
                } while after != nil
                return pages
            }
            let scripted = (0..<5).map { "scripted evt_\($0)" }
            let sim = (0..<5).map { "sim evt_\($0)" }
            #expect(
                try await pages(nil) == [
                    Array(scripted[0..<4]), [scripted[4]] + sim[0..<3], sim[3...] + ["sim zzz"],
                ])
            #expect(try await pages(.ignored) == [Array(sim[0..<4]), [sim[4]]])
            #expect(
                try await pages(.received) == [Array(scripted[0..<4]), [scripted[4], "sim zzz"]])
            #expect(try await pages(.parked) == [[]])
            let page = try await desk.store.webhooks(ListWebhooksRequest(state: .received))
            let last = try #require(page.webhooks.last)
            #expect(last.type == "payment.captured" && last.paymentId == id(7))
            #expect(last.receivedAt == desk.world.now && last.nextTryAt == desk.world.now)
        }
    }

    /// What the provider says today is asked for once more.
    @Test func anOperatorHasOneAppliedOnceMore() throws {
        let test = TestWorld()
        try test.run {
            let provider = ScriptedProvider([known(.processing)])
            let desk = try await Desk(test, providers: [provider])
            _ = try await desk.create(createRequest(provider: "scripted"))
            try await desk.whileWorking {
                try await desk.hear()
                try await desk.pass(ms: 5)
                #expect(try await desk.webhookStates() == [.applied])
                provider.say([known(.captured)])
                let due = try await desk.replay(provider: "scripted")
                #expect(due.state == .received && due.appliedAt == nil && due.tries == 0)
                #expect(due.nextTryAt == desk.world.now)
                try await desk.pass(ms: 5)
                #expect(try await desk.webhookStates() == [.applied])
                #expect(try await desk.payment().state == .captured)
            }
            #expect(
                test.logLines.all.contains {
                    $0.contains("webhook.replayed") && $0.contains("\"by\":\"operator\"")
                })
            #expect(await reason { try await desk.replay("evt_2") } == .webhookNotFound)
            #expect(await reason { try await desk.replay("evt_1") } == .webhookNotFound)
            #expect(try await desk.violations() == [])
        }
    }

    /// What is about nothing of ours stays ignored: there is nothing to ask for.
    @Test func whatIsIgnoredStaysIgnored() throws {
        try Desk.run { desk in
            try await desk.ingest(HandMade(type: "payout.paid"))
            #expect(try await desk.replay().state == .ignored)
            #expect(try await desk.violations() == [])
        }
    }

    @Test func theyAreForgottenAfterNinetyDays() throws {
        try Desk.run { desk in
            _ = try await desk.create()
            try await desk.ingest(HandMade(eventID: "applied"))
            try await desk.ingest(HandMade(eventID: "ignored", type: "other"))
            try await desk.ingest(HandMade(eventID: "parked", payment: 7))
            let start = desk.world.now
            try await desk.work(forMs: 10)
            try await desk.pass(ms: PaymentTimes.targetMs)
            try await desk.work(forMs: 10)
            #expect(try await desk.webhookStates() == [.applied, .ignored, .parked])
            // Waits for a provider that is not there any more.
            try await desk.database.write { batch in
                try batch.insert(
                    WebhookRow(
                        Webhook(
                            id: .init(provider: "gone", eventID: "e"), receivedAt: start,
                            type: "payment.captured", paymentID: id(1), raw: [],
                            state: .received, nextTryAt: start)))
            }
            let day = PaymentTimes.webhookMs - start.millisecondsUntil(desk.world.now)
            try await desk.pass(ms: day)
            try await desk.service.housekeeping.prune()
            #expect(try await desk.webhooks().count == 4)
            #expect(try await desk.ingest(HandMade(eventID: "applied")).duplicate)
            try await desk.pass(ms: 1)
            try await desk.service.housekeeping.prune()
            #expect(try await desk.webhooks().map(\.eventId) == ["e", "parked"])
            #expect(try await desk.ingest(HandMade(eventID: "applied")).duplicate == false)
        }
    }

    /// Many are forgotten batch by batch.
    @Test func pruningGoesOnUntilAllAreGone() throws {
        try Desk.run { desk in
            try await desk.database.write { batch in
                for number in 0..<1_200 {
                    var webhook = WebhookRules.receive(
                        ProviderEvent(id: "evt_\(number)", type: "other", paymentID: nil),
                        from: "sim", raw: [1], now: batch.now)
                    webhook.appliedAt = batch.now
                    try batch.insert(WebhookRow(webhook))
                }
            }
            try await desk.pass(ms: PaymentTimes.webhookMs + 1)
            #expect(try await desk.service.housekeeping.prune() == 500)
            #expect(try await desk.service.housekeeping.prune() == 500)
            #expect(try await desk.service.housekeeping.prune() == 200)
            #expect(try await desk.webhooks() == [])
        }
    }

    /// Each check is seen to fail: a violation is planted behind the service's back.
    @Test(
        arguments: [
            "UPDATE webhook SET applied_at = NULL WHERE event_id = 'applied'",
            "UPDATE webhook SET next_try_at = 1 WHERE event_id = 'applied'",
            "UPDATE webhook SET applied_at = NULL WHERE event_id = 'ignored'",
            "UPDATE webhook SET next_try_at = NULL WHERE event_id = 'waits'",
            "UPDATE webhook SET applied_at = 1 WHERE event_id = 'waits'",
            "UPDATE webhook SET state = 'RECEIVED' WHERE event_id = 'applied'",
            "UPDATE webhook SET state = 'PARKED' WHERE event_id = 'applied'",
            "UPDATE webhook SET state = 'PARKED' WHERE event_id = 'waits'",
            "UPDATE webhook SET state = 'LOST' WHERE event_id = 'waits'",
            "UPDATE webhook SET object_ref = NULL WHERE event_id = 'applied'",
            "UPDATE webhook SET provider = 'another' WHERE event_id = 'applied'",
        ] as [SQL])
    func aPlantedFaultIsFound(_ sql: SQL) throws {
        try Desk.run { desk in
            _ = try await desk.create()
            try await desk.ingest(HandMade(eventID: "applied"))
            try await desk.ingest(HandMade(eventID: "ignored", type: "other"))
            try await desk.ingest(HandMade(eventID: "waits", payment: 7))
            try await desk.work(forMs: 10)
            #expect(try await desk.webhookStates() == [.applied, .ignored, .noTargetYet])
            #expect(try await desk.violations() == [])
            try await desk.database.write { batch in _ = try batch.execute(sql) }
            #expect(try await desk.violations() == ["P-4"])
        }
    }
}
