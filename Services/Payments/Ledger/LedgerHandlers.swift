import Contracts
import RPC

/// The books.
extension PaymentsService {
    func registerLedger(on router: inout Router) {
        router.handle(PaymentsAPI.ledgerBalance) { [store] request, _ in
            try await store.balance(request)
        }
    }
}
