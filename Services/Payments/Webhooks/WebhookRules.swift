import Contracts
import Lifecycle
import Text

/// How looking at what a webhook is about has ended.
enum WebhookLook: Sendable {
    /// What the provider says is committed.
    case applied
    /// There is no such payment of this provider here.
    case noPayment
    /// The payment is here, but the provider does not know it.
    case unknownThere
    /// It has not answered.
    case unanswered
}

/// What becomes of a webhook. Pure; what becomes of its payment, `Observation` says.
enum WebhookRules {
    /// An event just told of.
    static func receive(
        _ event: ProviderEvent, from provider: String, raw: [UInt8], now: Instant
    ) -> Webhook {
        let id = Webhook.ID(provider: ByteText(provider), eventID: ByteText(event.id))
        return due(
            Webhook(
                id: id, receivedAt: now, type: event.type, paymentID: event.paymentID, raw: raw,
                state: .received), now)
    }

    /// A human's decision to have it applied once more, now.
    static func replay(_ webhook: Webhook, now: Instant) -> Webhook { due(webhook, now) }

    static func settle(_ webhook: Webhook, _ look: WebhookLook, now: Instant) -> Webhook {
        var webhook = webhook
        switch look {
        case .applied:
            webhook.state = .applied
            webhook.appliedAt = now
            webhook.nextTryAt = nil
        case .unanswered: waitLonger(&webhook, now)
        case .noPayment, .unknownThere:
            guard webhook.receivedAt.millisecondsUntil(now) < PaymentTimes.targetMs else {
                webhook.state = .parked
                webhook.nextTryAt = nil
                break
            }
            webhook.state = .noTargetYet
            waitLonger(&webhook, now)
        }
        return webhook
    }

    /// To be looked at now; but what changes no payment is over at once.
    private static func due(_ webhook: Webhook, _ now: Instant) -> Webhook {
        var webhook = webhook
        let isOurs = webhook.paymentID != nil
        webhook.state = isOurs ? .received : .ignored
        webhook.appliedAt = isOurs ? nil : now
        webhook.nextTryAt = isOurs ? now : nil
        webhook.tries = 0
        return webhook
    }

    private static func waitLonger(_ webhook: inout Webhook, _ now: Instant) {
        webhook.nextTryAt = now.advanced(byMs: PaymentTimes.webhookRetryMs(tries: webhook.tries))
        webhook.tries = webhook.tries &+ 1
    }
}
