import Contracts
import Crypto
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support

// Webhooks as they come in over the wire, and what Payments makes of them.

extension SuiteRig {
    /// A gateway passes on what `sim` tells of a payment, signed by the words of its format; with a
    /// `code`, by that.
    func ingest(
        _ eventID: String, _ type: String = "payment.captured", of payment: UUID,
        code: String? = nil
    ) async throws -> IngestWebhookReply {
        let body = """
            {"id":"\(eventID)","type":"\(type)","created":1800000100,
             "object":{"paymentId":"\(payment.uuidString)"}}
            """
        let seconds = test.clock.now().milliseconds / 1_000
        let signed = Digest.hmac(key: Stage.webhookSecret, Array("\(seconds).\(body)".utf8)).hex
        return try await caller("gateway", to: "payments").call(
            PaymentsAPI.ingestWebhook,
            IngestWebhookRequest(
                provider: "sim",
                headers: [
                    WebhookHeader("Content-Type", "application/json"),
                    WebhookHeader("Sim-Signature", "t=\(seconds),v1=\(code ?? signed)"),
                ],
                rawBody: Data(body.utf8)))
    }

    /// All webhooks, in order of their ids.
    func webhooks() async throws -> [WebhookReply] {
        try await caller("operator", to: "payments").call(
            PaymentsAPI.listWebhooks, ListWebhooksRequest(limit: 500)
        ).webhooks
    }

    func payment(_ id: UUID) async throws -> PaymentReply {
        try await caller("operator", to: "payments").call(
            PaymentsAPI.getPayment, GetPaymentRequest(paymentId: id))
    }

    /// How often Payments' feed says that money was taken.
    func captures() async throws -> Int {
        try await caller("orders", to: "payments").call(
            PaymentsAPI.readEvents, FeedRequest(feedId: nil, afterSeq: 0)
        ).events.count { $0.kind == PaymentsFact.captured }
    }
}
