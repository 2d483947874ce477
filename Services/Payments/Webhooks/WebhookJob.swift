import Contracts
import FoundationEssentials
import Lifecycle

/// Brings home what webhooks tell of: asks the provider what the payment is by now and commits
/// that, whatever the webhook said. A webhook is over only after its effect is committed; a process
/// that dies in between asks once more, which changes nothing.
struct WebhookJob: Service {
    let world: World
    let store: PaymentStore
    let cashier: Cashier
    let awaited: AwaitedTargets

    let name = "webhook-applier"

    func run() async throws {
        awaited.expect((try? await store.awaitedPayments(limit: AwaitedTargets.most)) ?? [])
        await DueLoop("webhook", in: cashier.lanes, world, wokenBy: awaited.bell).run {
            let arrived = awaited.takeArrived()
            if !arrived.isEmpty { try await store.hurryWebhooks(of: arrived) }
        } due: {
            try await store.dueWebhooks(of: $0, after: $1, limit: $2)
        } look: {
            if let webhook = try await store.webhook($0) { try await apply(webhook) }
        }
    }

    /// One that could not be applied is looked at again.
    func apply(_ webhook: Webhook) async throws {
        let seen: WebhookLook
        do { seen = try await look(at: webhook) } catch {
            world.log.warning(
                "webhook.unapplied", ["webhook": webhook.id.eventID, "error": "\(error)"])
            seen = .unanswered
        }
        try await settle(webhook, seen)
    }

    private func look(at webhook: Webhook) async throws -> WebhookLook {
        guard let payment = try await store.target(of: webhook) else { return .noPayment }
        return try await cashier.follow(payment)
    }

    private func settle(_ webhook: Webhook, _ look: WebhookLook) async throws {
        guard let paymentID = webhook.paymentID else { return }
        if case .noPayment = look { awaited.expect([paymentID]) }
        let settled = try await store.settle(webhook, look)
        if settled.state == .applied { world.metrics.count("webhooks.applied") }
        guard settled.state == .parked else { return }
        awaited.giveUp(paymentID)
        // Money may have been taken for what nobody here has asked for.
        world.metrics.count("webhooks.parked")
        world.log.error(
            "webhook.parked",
            [
                "provider": webhook.id.provider, "webhook": webhook.id.eventID,
                "type": webhook.type, "payment": paymentID,
            ])
    }
}
