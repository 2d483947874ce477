import Contracts
import Crypto
import FoundationEssentials
import Lifecycle
import RPC
import Storage

/// What `sim` tells of by itself, and how it proves that it is the one who tells.
struct SimWebhooks: Sendable {
    private let configuration: SimConfiguration
    /// Each is believed, and the first is signed with.
    private let keys: [HMACKey]

    init(_ configuration: SimConfiguration, secrets: [[UInt8]]) {
        self.configuration = configuration
        keys = secrets.map(HMACKey.init)
    }

    /// Without an endpoint or a secret nothing is written about events at all.
    var areSent: Bool { configuration.webhookBp > 0 && !keys.isEmpty }

    // MARK: Sending

    func webhook(of event: SimEvent, at now: Instant) -> ProviderWebhook {
        let body = event.body
        let signature = SimSignature(of: body, at: now, Array(keys.prefix(1)))
        return ProviderWebhook(
            headers: [WebhookHeader(SimSignature.header, signature.text)], rawBody: body)
    }

    // MARK: Receiving

    /// - Throws: `SIGNATURE_INVALID`, `SIGNATURE_STALE`, `WEBHOOK_MALFORMED`.
    func parse(_ webhook: ProviderWebhook, now: Instant) throws(RPCError) -> ProviderEvent {
        guard !keys.isEmpty else {
            throw RPCError(
                .signatureInvalid, "the credentials have no secret of sim's in webhookSecrets")
        }
        let values = webhook.headers.filter { $0.name.lowercased() == SimSignature.header }
        guard values.count == 1, let signature = SimSignature(parsing: values[0].value) else {
            throw RPCError(.signatureInvalid, "there is no \(SimSignature.header) as sim writes it")
        }
        guard signature.signs(webhook.rawBody, keys) else {
            throw RPCError(.signatureInvalid, "none of sim's secrets has signed this body")
        }
        guard signature.isFresh(at: now) else {
            throw RPCError(
                .signatureStale,
                "signed more than \(SimSignature.toleranceMs / 1_000) s from now")
        }
        return try ProviderEvent(sim: webhook.rawBody)
    }

    // MARK: The journal

    /// Writes what a payment has become, and what it will, in the commit that changes it; what was
    /// to come and will not any more is taken back.
    func record(_ payment: SimPayment, before: SimPayment?, in batch: Batch) throws {
        guard areSent else { return }
        let now = batch.now
        let expected = before?.changes(from: now) ?? []
        let changes = payment.changes(from: now)
        for change in expected where change.at > now && !changes.contains(change) {
            try forget(eventID(payment.paymentID, change.type), in: batch)
        }
        for change in changes where !expected.contains(change) {
            let id = eventID(payment.paymentID, change.type)
            try insert(id, change.type, of: payment.paymentID, at: change.at, in: batch)
        }
    }

    /// Writes what a refund's key was answered, in the commit of the answer.
    func record(_ refund: SimRefundRow, in batch: Batch) throws {
        guard areSent else { return }
        let type: SimEventType = refund.failure == nil ? .refundSucceeded : .refundFailed
        let id = UUID.derived(
            from: refund.key.refundID, "event \(type.rawValue) \(refund.key.attempt)")
        try insert(id, type, of: refund.paymentID, at: batch.now, in: batch)
    }

    /// A payment comes to each state once at most.
    private func eventID(_ paymentID: UUID, _ type: SimEventType) -> UUID {
        .derived(from: paymentID, "event \(type.rawValue)")
    }

    private func insert(
        _ id: UUID, _ type: SimEventType, of paymentID: UUID, at: Instant, in batch: Batch
    ) throws {
        let fate = SimEventFate(of: id, configuration)
        for (copy, lateMs) in fate.sendings.enumerated() {
            try batch.insert(
                SimEventRow(
                    SimEvent(
                        eventID: id, copy: Int64(copy), paymentID: paymentID, type: type,
                        createdAt: at, dueAt: at.advanced(byMs: lateMs))))
        }
    }

    private func forget(_ id: UUID, in batch: Batch) throws {
        for copy in 0..<SimEventFate.mostSendings {
            let key = SimEventRow.Key(eventID: id, copy: Int64(copy))
            guard try batch.find(SimEventRow.self, key) != nil else { continue }
            try batch.delete(SimEventRow.self, key)
        }
    }
}
