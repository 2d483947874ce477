import Contracts
import FoundationEssentials
import Lifecycle
import Storage

/// A webhook as its row.
struct WebhookRow: StoredRow {
    static let table = TableLayout(
        "webhook", key: ["provider", "event_id"],
        columns: [
            "provider", "event_id", "received_at", "type", "object_ref", "raw", "state",
            "applied_at", "next_try_at", "tries",
        ])

    let webhook: Webhook

    var key: Webhook.ID { webhook.id }

    init(_ webhook: Webhook) { self.webhook = webhook }

    func write(to columns: inout ColumnWriter) {
        key.write(to: &columns)
        columns.append(webhook.receivedAt)
        columns.append(webhook.type)
        columns.append(webhook.paymentID)
        columns.append(webhook.raw)
        columns.append(webhook.state.word)
        columns.append(webhook.appliedAt)
        columns.append(webhook.nextTryAt)
        columns.append(webhook.tries)
    }

    init(from columns: inout ColumnReader) throws {
        webhook = Webhook(
            id: Webhook.ID(provider: try columns.next(), eventID: try columns.next()),
            receivedAt: try columns.next(), type: try columns.next(),
            paymentID: try columns.next(), raw: try columns.next(),
            state: WebhookState(try columns.next(String.self)), appliedAt: try columns.next(),
            nextTryAt: try columns.next(), tries: try columns.next())
    }
}

extension Webhook.ID: StoredKey {
    func write(to columns: inout ColumnWriter) {
        columns.append(provider)
        columns.append(eventID)
    }
}
