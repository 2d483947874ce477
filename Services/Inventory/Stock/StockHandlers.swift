import Contracts
import FoundationEssentials
import RPC
import Storage

/// What is left, and what moved it.
extension InventoryService {
    func registerStock(on router: inout Router) {
        router.handle(InventoryAPI.getAvailability, atOnce: board.answer, encoded: board.get)
        router.handle(InventoryAPI.watchAvailability, encoded: board.watch)
        router.handle(InventoryAPI.listAudit, listAudit)
    }

    func listAudit(_ request: ListAuditRequest, _ call: CallContext) async throws -> ListAuditReply
    {
        try await database.read { try StockQueries.audit(request, in: $0) }
    }
}
