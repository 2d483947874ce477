import Contracts
import RPC

/// What providers tell by themselves.
extension PaymentsService {
    func registerWebhooks(on router: inout Router) {
        router.handle(PaymentsAPI.ingestWebhook) { [inbox] request, _ in
            try await inbox.ingest(request)
        }
        router.handle(PaymentsAPI.listWebhooks) { [store] request, _ in
            try await store.webhooks(request)
        }
        router.handle(PaymentsAPI.replayWebhook) { [inbox] request, call in
            try await inbox.replay(request, by: call.caller)
        }
    }
}
