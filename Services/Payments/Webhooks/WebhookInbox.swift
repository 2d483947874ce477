import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Synchronization
import Text
import Wire

/// Takes in what providers tell of: makes sure that it is theirs, stores it, and answers only then.
/// A request that is not theirs leaves nothing behind but a number.
final class WebhookInbox: Sendable {
    private let world: World
    private let store: PaymentStore
    private let providers: [ByteText: any PaymentProvider]
    private let awaited: AwaitedTargets
    /// The scheduler's uptime from which on a refusal is worth a line again.
    private let nextLine = Mutex<UInt64>(0)

    private static let lineEveryNanoseconds: UInt64 = 60_000_000_000

    init(
        world: World, store: PaymentStore, providers: [ByteText: any PaymentProvider],
        awaited: AwaitedTargets
    ) {
        self.world = world
        self.store = store
        self.providers = providers
        self.awaited = awaited
    }

    func ingest(_ request: IngestWebhookRequest) async throws -> IngestWebhookReply {
        guard let provider = providers[ByteText(request.provider)] as? any WebhookProvider else {
            throw RPCError(
                .providerUnknown,
                "there is no provider \(request.provider.quoted) that sends webhooks",
                detail: ["provider": .text(request.provider)])
        }
        let webhook = ProviderWebhook(
            headers: request.headers, rawBody: Array(request.rawBody))
        let event = try parse(webhook, of: provider, now: try await store.now())
        let received = try await store.receive(event, from: provider.name, raw: webhook.rawBody)
        world.metrics.count(received == nil ? "webhooks.duplicates" : "webhooks.received")
        if received?.nextTryAt != nil { awaited.bell.ring() }
        return IngestWebhookReply(accepted: true, eventId: event.id, duplicate: received == nil)
    }

    func replay(_ request: ReplayWebhookRequest, by caller: String) async throws -> WebhookReply {
        let webhook = try await store.replay(
            Webhook.ID(
                provider: ByteText(request.provider), eventID: ByteText(request.eventId)))
        world.log.warning(
            "webhook.replayed",
            ["provider": request.provider, "webhook": request.eventId, "by": caller])
        awaited.bell.ring()
        return WebhookReply(webhook)
    }

    private func parse(
        _ webhook: ProviderWebhook, of provider: any WebhookProvider, now: Instant
    ) throws(RPCError) -> ProviderEvent {
        do { return try provider.parse(webhook, now: now) } catch {
            world.metrics.count("webhooks.refused")
            if isLineDue() {
                world.log.warning(
                    "webhook.refused", ["provider": provider.name, "error": "\(error)"])
            }
            throw error
        }
    }

    private func isLineDue() -> Bool {
        let now = world.scheduler.uptimeNanoseconds
        return nextLine.withLock { next in
            guard now >= next else { return false }
            next = now &+ Self.lineEveryNanoseconds
            return true
        }
    }
}
