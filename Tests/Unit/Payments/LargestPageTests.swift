import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Support
import Testing
import Text

@testable import Payments

/// Each paged method with the largest rows that may be stored.
@Suite struct LargestPageTests {
    private static let word = String(repeating: "w", count: 255)
    private static let provider = String(repeating: "p", count: 32)
    private static let last = Instant(milliseconds: .max)

    /// What the others play; a paged method that is new must come here too.
    @Test func allArePlayed() {
        #expect(
            Set(PagedLists.of("payments").keys) == [
                "payments.ListObligations", "payments.ListUnsettled", "payments.ListWebhooks",
                "payments.LedgerBalance", "payments.ReadEvents",
            ])
    }

    private func ids(_ count: Int, _ desk: Desk) -> [UUID] {
        (0..<count).map { _ in desk.world.newID() }.sorted()
    }

    @Test func obligations() throws {
        try Desk.run { desk in
            let ids = ids(1_200, desk)
            try await desk.database.write { batch in
                for id in ids {
                    try batch.insert(
                        RefundRow(
                            Refund(
                                refundID: id, paymentID: id, checkoutID: ids[0],
                                provider: Self.provider, amount: euros(.max), kind: .compensation,
                                reason: Self.word, state: .submitted, attempt: .max,
                                lastError: Self.word, createdAt: Self.last)))
                }
            }
            for checkout in [nil, ids[0]] {
                let pages = try await pages(of: "payments.ListObligations", next: \.next) {
                    try await desk.store.obligations(
                        ListObligationsRequest(checkoutId: checkout, after: $0))
                }
                #expect(pages.count > 2 && pages.flatMap(\.refunds).map(\.refundId) == ids)
            }
            let place = try await desk.store.obligations(ListObligationsRequest(limit: 1)).next
            let foreign = await reason {
                try await desk.store.obligations(
                    ListObligationsRequest(checkoutId: ids[0], after: place))
            }
            #expect(foreign == .invalidArgument)
        }
    }

    @Test func unsettledPayments() throws {
        try Desk.run { desk in
            let ids = ids(1_200, desk)
            let terms = PaymentTerms(
                eventID: eventID, owner: "ada", amount: euros(.max), provider: Self.provider,
                captureMode: .authCapture, methodDigest: [1], expiresInMs: 1)
            try await desk.database.write { batch in
                for id in ids {
                    try batch.insert(
                        PaymentRow(
                            Payment(
                                paymentID: id, checkoutID: id, terms: terms,
                                state: .requiresAction, attempt: .max, clientSecret: Self.word,
                                authorised: .max, captured: .max, refundOwed: 1, refunded: 1,
                                fee: .max,
                                failure: PaymentFailure(reason: Self.word, isRetryable: true),
                                createdAt: batch.now)))
                }
            }
            let pages = try await pages(of: "payments.ListUnsettled", next: \.next) {
                try await desk.store.unsettled(ListUnsettledRequest(after: $0))
            }
            #expect(pages.count > 3 && pages.flatMap(\.payments).map(\.paymentId) == ids)
        }
    }

    /// Ids as long as a place in a list, all with one beginning.
    @Test(arguments: [1, 7, 500] as [Int64])
    func webhooks(_ limit: Int64) throws {
        try Desk.run { desk in
            let ids = (0..<800).map { number in
                let digits = "\(1_000 + number)"
                return String(repeating: "e", count: WebhookLimits.idBytes - digits.count) + digits
            }
            let some = limit == 500 ? ids : Array(ids.prefix(20)) + ["evt_1", "evt_2"]
            try await desk.database.write { batch in
                for id in some {
                    try batch.insert(
                        WebhookRow(
                            Webhook(
                                id: Webhook.ID(
                                    provider: ByteText(Self.provider), eventID: ByteText(id)),
                                receivedAt: Self.last,
                                type: String(repeating: "t", count: WebhookLimits.typeBytes),
                                paymentID: eventID, raw: [1], state: .parked, tries: .max)))
                }
            }
            for state in [nil, WebhookState.parked] {
                let pages = try await pages(of: "payments.ListWebhooks", next: \.next) {
                    try await desk.store.webhooks(
                        ListWebhooksRequest(state: state, after: $0, limit: limit))
                }
                #expect(pages.flatMap(\.webhooks).map(\.eventId) == some)
            }
            // The row that a place stands for was deleted: what follows comes, nothing is left out.
            let first = try await desk.store.webhooks(ListWebhooksRequest(limit: limit))
            let last = try #require(first.webhooks.last).eventId
            try await desk.database.write { batch in
                _ = try batch.execute("DELETE FROM webhook WHERE event_id = \(last)")
            }
            guard let next = first.next else { return }
            let rest = try await pages(of: "payments.ListWebhooks", next: \.next) {
                try await desk.store.webhooks(
                    ListWebhooksRequest(after: $0 ?? next, limit: limit))
            }
            let seen = Set((first.webhooks + rest.flatMap(\.webhooks)).map(\.eventId))
            #expect(seen == Set(some))
        }
    }

    @Test func balances() throws {
        try Desk.run { desk in
            let accounts = (0..<2_600).map { number in
                let digits = "\(10_000 + number)"
                return "revenue:" + String(repeating: "r", count: 56 - digits.count) + digits
            }
            try await desk.database.write { batch in
                for account in accounts {
                    let place = LedgerPlace(
                        account: ByteText(account), currency: ByteText(euro.code))
                    try batch.keep(place, debit: 1 << 50, credit: 1 << 50)
                }
            }
            let pages = try await pages(of: "payments.LedgerBalance", next: \.next) {
                try await desk.store.balance(LedgerBalanceRequest(prefix: "revenue:", after: $0))
            }
            #expect(pages.flatMap(\.accounts).map(\.account) == accounts)
        }
    }

    /// Made up, with texts that no store takes: the check of a place is no secret.
    @Test func placesOfImpossibleTexts() throws {
        try Desk.run { desk in
            let accounts = ListPlace<[String]>("payments.LedgerBalance", [nil])
            let webhooks = ListPlace<[String]>("payments.ListWebhooks", [nil])
            for key in [["a\u{0}", "EUR"], ["a", "\u{0}"], ["a"], [], ["a", "b", "c"]] {
                let account = await reason {
                    try await desk.store.balance(
                        LedgerBalanceRequest(after: accounts.text(after: key)))
                }
                #expect(account == .invalidArgument)
                let webhook = await reason {
                    try await desk.store.webhooks(
                        ListWebhooksRequest(after: webhooks.text(after: key)))
                }
                #expect(webhook == .invalidArgument)
            }
        }
    }

    @Test func facts() throws {
        try Desk.run { desk in
            try await desk.database.write { batch in
                for _ in 0..<20 {
                    batch.emit(
                        String(repeating: "k", count: 64), subject: eventID,
                        [UInt8](repeating: 1, count: 65_536))
                }
            }
            var after: Int64 = 0
            while after < 20 {
                let page = try await desk.page(
                    FeedRequest(feedId: nil, afterSeq: after, limit: 8_000))
                try checkPage(page, of: "payments.ReadEvents")
                after = try #require(page.events.last).seq
            }
        }
    }
}
