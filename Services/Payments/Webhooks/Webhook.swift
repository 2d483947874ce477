import Contracts
import FoundationEssentials
import Lifecycle
import Text

/// An event that a provider told of, from the moment it is stored.
struct Webhook: Equatable, Sendable {
    /// The provider's own id of it: told again, it is the same.
    struct ID: Hashable, Sendable {
        let provider: ByteText
        let eventID: ByteText
    }

    let id: ID
    let receivedAt: Instant
    let type: String
    /// What it is about; nil when that is nothing of ours.
    let paymentID: UUID?
    /// The body as it was signed, for people who must find out.
    let raw: [UInt8]
    var state: WebhookState
    /// When it was over, having changed something or nothing.
    var appliedAt: Instant?
    /// When somebody must look again; nil when nobody must.
    var nextTryAt: Instant?
    /// Looks in vain since it was received or replayed.
    var tries: Int64 = 0
}

extension WebhookReply {
    init(_ webhook: Webhook) {
        self.init(
            provider: webhook.id.provider.string, eventId: webhook.id.eventID.string,
            type: webhook.type,
            state: webhook.state, paymentId: webhook.paymentID, receivedAt: webhook.receivedAt,
            appliedAt: webhook.appliedAt, nextTryAt: webhook.nextTryAt, tries: webhook.tries)
    }
}
