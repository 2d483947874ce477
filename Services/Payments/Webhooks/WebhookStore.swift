import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Text

// Webhooks: received once, settled once, and kept for as long as providers may tell again.
extension PaymentStore {
    /// The time by which Payments judges signatures.
    func now() async throws -> Instant { try await database.read { $0.now } }

    /// Stores an event; one that is known stays as it is.
    ///
    /// - Returns: the new webhook, nil when the event was known.
    func receive(
        _ event: ProviderEvent, from provider: String, raw: [UInt8]
    ) async throws -> Webhook? {
        try await database.write { batch in
            let webhook = WebhookRules.receive(event, from: provider, raw: raw, now: batch.now)
            guard try batch.webhook(webhook.id) == nil else { return nil }
            try batch.insert(WebhookRow(webhook))
            return webhook
        }
    }

    /// Commits how a look has ended. Says nothing about a webhook that has changed meanwhile, nor
    /// about one whose payment has come since: both are looked at again.
    func settle(_ webhook: Webhook, _ look: WebhookLook) async throws -> Webhook {
        try await database.write(essential: true) { batch in
            guard let stored = try batch.webhook(webhook.id), stored == webhook else {
                return webhook
            }
            var settled = WebhookRules.settle(webhook, look, now: batch.now)
            if case .noPayment = look, try batch.target(of: webhook) != nil {
                // Its payment has come since.
                settled = webhook
                settled.nextTryAt = batch.now
            }
            try batch.update(WebhookRow(settled))
            return settled
        }
    }

    /// Makes a webhook due at once, whatever has become of it.
    ///
    /// - Throws: `WEBHOOK_NOT_FOUND`.
    func replay(_ id: Webhook.ID) async throws -> Webhook {
        try await database.write(essential: true) { batch in
            guard let webhook = try batch.webhook(id) else {
                throw RPCError.unknown(.webhook, named: id.eventID.string)
            }
            let due = WebhookRules.replay(webhook, now: batch.now)
            try batch.update(WebhookRow(due))
            return due
        }
    }

    /// Makes due at once what waits for payments that have come.
    func hurryWebhooks(of paymentIDs: [UUID]) async throws {
        try await database.write(essential: true) { batch in
            let waiting = try batch.select(
                WebhookRow.self,
                where: """
                    state = 'NO_TARGET_YET' AND object_ref IN \(each: paymentIDs)
                    ORDER BY provider, event_id
                    """)
            for var webhook in waiting.map(\.webhook) {
                webhook.nextTryAt = batch.now
                try batch.update(WebhookRow(webhook))
            }
        }
    }

    /// Deletes webhooks that were over long ago. One that waits for a human is never deleted.
    static func forgetWebhooks(_ batch: Batch, limit: Int64) throws -> Int {
        let before = batch.now.advanced(byMs: -PaymentTimes.webhookMs)
        return try batch.execute(
            """
            DELETE FROM webhook WHERE (provider, event_id) IN (
                SELECT provider, event_id FROM webhook
                WHERE applied_at IS NOT NULL AND received_at < \(before)
                ORDER BY received_at LIMIT \(limit))
            """)
    }
}

// What is read of them.
extension PaymentStore {
    /// The longest due first, by their ids.
    func dueWebhooks(
        of lane: Lane, after last: DueLoop<Webhook.ID>.Due?, limit: Int
    ) async throws -> [DueLoop<Webhook.ID>.Due] {
        let behind: SQL =
            last.map {
                """
                AND (next_try_at, provider, event_id)
                    > (\($0.at), \($0.id.provider), \($0.id.eventID))
                """
            } ?? ""
        return try await database.read { reader in
            try reader.query(
                """
                SELECT provider, event_id, next_try_at FROM webhook
                WHERE \(lane.condition) AND next_try_at <= \(reader.now) \(behind)
                ORDER BY next_try_at, provider, event_id LIMIT \(limit)
                """
            ) {
                DueLoop.Due(
                    id: Webhook.ID(provider: try $0.next(), eventID: try $0.next()),
                    at: try $0.next())
            }
        }
    }

    func webhook(_ id: Webhook.ID) async throws -> Webhook? {
        try await database.read { try $0.find(WebhookRow.self, id)?.webhook }
    }

    /// The payment that a webhook is about, if it was asked for and its provider is the one who
    /// tells of it.
    func target(of webhook: Webhook) async throws -> Payment? {
        guard let paymentID = webhook.paymentID else { return nil }
        return try await database.read { try $0.find(PaymentRow.self, paymentID) }
            .flatMap { $0.payment.isTarget(of: webhook) ? $0.payment : nil }
    }

    /// Payments that webhooks wait for.
    func awaitedPayments(limit: Int) async throws -> [UUID] {
        try await database.read { reader in
            try reader.query(
                """
                SELECT DISTINCT object_ref FROM webhook
                WHERE state = 'NO_TARGET_YET' ORDER BY object_ref LIMIT \(limit)
                """
            ) { try $0.next() }
        }
    }

    /// Without their bodies, in order of their ids.
    func webhooks(_ request: ListWebhooksRequest) async throws -> ListWebhooksReply {
        let ofState: SQL = request.state.map { "state = \($0.word)" as SQL } ?? "1 = 1"
        let page = try Page<WebhookReply, WebhookPlace>(
            of: PaymentsAPI.listWebhooks.name, among: [request.state?.word], after: request.after,
            limit: request.limit)
        return try await database.read { reader in
            var page = page
            let provider = page.after?.provider ?? ""
            let event = try page.after?.eventID(in: reader) ?? ""
            let rows = try reader.query(
                """
                SELECT provider, event_id, type, state, object_ref, received_at, applied_at,
                    next_try_at, tries
                FROM webhook
                WHERE \(ofState) AND (provider, event_id) > (\(provider), \(event))
                ORDER BY provider, event_id LIMIT \(page.rowsToRead)
                """
            ) {
                WebhookReply(
                    provider: try $0.next(), eventId: try $0.next(), type: try $0.next(),
                    state: WebhookState(try $0.next(String.self)), paymentId: try $0.next(),
                    receivedAt: try $0.next(), appliedAt: try $0.next(),
                    nextTryAt: try $0.next(), tries: try $0.next())
            }
            for row in rows {
                guard page.take(row, at: WebhookPlace(row)) else { break }
            }
            return ListWebhooksReply(webhooks: page.rows, next: page.next)
        }
    }
}

extension Batch {
    /// By a statement and not by its key: what is asked for by key stays in memory, and whole
    /// bodies are not for that.
    fileprivate func webhook(_ id: Webhook.ID) throws -> Webhook? {
        try select(
            WebhookRow.self, where: "provider = \(id.provider) AND event_id = \(id.eventID)"
        ).first?.webhook
    }

    fileprivate func target(of webhook: Webhook) throws -> Payment? {
        guard let paymentID = webhook.paymentID else { return nil }
        return try find(PaymentRow.self, paymentID)
            .flatMap { $0.payment.isTarget(of: webhook) ? $0.payment : nil }
    }
}

extension Payment {
    /// A tombstone is no target: nothing was ever asked for under its id.
    fileprivate func isTarget(of webhook: Webhook) -> Bool {
        paymentID == webhook.paymentID
            && terms?.provider.isSame(as: webhook.id.provider.string) == true
    }
}
