import Contracts
import Crypto
import Lifecycle
import RPC

/// How `sim` proves that it is the one who tells.
struct SimWebhooks: Sendable {
    /// Each is believed.
    private let keys: [HMACKey]

    init(secrets: [[UInt8]]) {
        keys = secrets.map(HMACKey.init)
    }

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
}
