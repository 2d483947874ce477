import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Wire

/// A webhook as its row.
struct WebhookRow: StoredRow {
    static let table = TableLayout("webhook", of: Self.self)

    let webhook: Webhook

    var key: Webhook.ID { webhook.id }

    init(_ webhook: Webhook) { self.webhook = webhook }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        webhook = Webhook(
            id: Webhook.ID.walk(c, it) { $0.webhook.id },
            receivedAt: c("received_at", it) { $0.webhook.receivedAt },
            type: c("type", it) { $0.webhook.type },
            paymentID: c("object_ref", it) { $0.webhook.paymentID },
            raw: c("raw", it) { $0.webhook.raw }, state: c("state", it) { $0.webhook.state },
            appliedAt: c("applied_at", it) { $0.webhook.appliedAt },
            nextTryAt: c("next_try_at", it) { $0.webhook.nextTryAt },
            tries: c("tries", it) { $0.webhook.tries })
    }
}

extension Webhook.ID: CompoundKey {
    static func walk<Row>(
        _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
    ) -> Self {
        Self(
            provider: c("provider", it) { get($0).provider },
            eventID: c("event_id", it) { get($0).eventID })
    }
}
