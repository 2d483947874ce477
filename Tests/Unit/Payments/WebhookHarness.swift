import Contracts
import Crypto
import FoundationEssentials
import Lifecycle
import RPC
import Support

@testable import Payments

/// A webhook of `sim`, written and signed by the words of its format and not by the code that is
/// tested.
struct HandMade: Sendable {
    var eventID = "evt_1"
    var type = "payment.captured"
    var payment: UInt8 = 1
    var secrets = [Desk.webhookSecret]
    /// How many seconds ago it was signed.
    var age: Int64 = 0
    /// In place of the one that is made of the rest.
    var body: String?
    /// In place of the right one.
    var headers: [WebhookHeader]?

    func request(at now: Instant) -> IngestWebhookRequest {
        let event = """
            {"id":"\(eventID)","type":"\(type)","created":1800000000,
             "object":{"paymentId":"\(id(payment).uuidString)"}}
            """
        let body = Array((body ?? event).utf8)
        let time = now.milliseconds / 1_000 - age
        let codes = secrets.map { Digest.hmac(key: $0, Array("\(time).".utf8) + body).hex }
        let signature = (["t=\(time)"] + codes.map { "v1=\($0)" }).joined(separator: ",")
        return IngestWebhookRequest(
            provider: "sim", headers: headers ?? [WebhookHeader("sim-signature", signature)],
            rawBody: Data(body))
    }
}

extension Desk {
    /// A webhook of `sim` comes in.
    @discardableResult
    func ingest(_ webhook: HandMade = HandMade()) async throws -> IngestWebhookReply {
        try await service.inbox.ingest(webhook.request(at: world.now))
    }

    /// A webhook of the scripted provider comes in.
    @discardableResult
    func hear(
        _ eventID: String = "evt_1", _ type: String = "payment.changed", of payment: UInt8? = 1
    ) async throws -> IngestWebhookReply {
        let body = [eventID, type] + (payment.map { [id($0).uuidString] } ?? [])
        return try await service.inbox.ingest(
            IngestWebhookRequest(
                provider: "scripted", headers: [],
                rawBody: Data(body.joined(separator: " ").utf8)))
    }

    func webhooks(_ state: WebhookState? = nil) async throws -> [WebhookReply] {
        try await store.webhooks(ListWebhooksRequest(state: state, limit: 500)).webhooks
    }

    /// The states of all webhooks, in order of their ids.
    func webhookStates() async throws -> [WebhookState] { try await webhooks().map(\.state) }

    func replay(
        _ eventID: String = "evt_1", provider: String = "sim"
    ) async throws -> WebhookReply {
        try await service.inbox.replay(
            ReplayWebhookRequest(provider: provider, eventId: eventID), by: "operator")
    }

    func pass(ms: Int64) async throws { try await world.scheduler.sleep(ms: ms) }

    func count(_ metric: String) -> Int64 {
        world.metrics.counters().first { $0.name == metric }?.value ?? 0
    }
}

/// All orders of a few things.
func permutations<Element>(_ list: [Element]) -> [[Element]] {
    guard list.count > 1 else { return [list] }
    return list.indices.flatMap { index in
        var rest = list
        let first = rest.remove(at: index)
        return permutations(rest).map { [first] + $0 }
    }
}
