import Contracts
import RPC

/// What providers tell by themselves.
extension PaymentsService {
    func registerWebhooks(on router: inout Router) {
        router.handle(PaymentsAPI.ingestWebhook) { request, _ in try await inbox.ingest(request) }
        router.handle(PaymentsAPI.listWebhooks) { request, _ in
            try await store.webhooks(request)
        }
        router.handle(PaymentsAPI.replayWebhook) { request, call in
            try await inbox.replay(request, by: call.caller)
        }
    }
}
