import Contracts
import FoundationEssentials
import RPC
import Storage

/// What is left, and what moved it.
extension InventoryService {
    func registerStock(on router: inout Router) {
        router.handle(InventoryAPI.getAvailability, getAvailability)
        router.handle(InventoryAPI.listAudit, listAudit)
    }

    func getAvailability(
        _ request: GetAvailabilityRequest, _ call: CallContext
    ) async throws -> AvailabilityReply {
        // Orders compares what it sold, whatever has become of the event.
        let seesDrafts = call.isStaff || call.roles.contains(.orders)
        let reply = try await database.read {
            try StockQueries.availability(request, seesDrafts: seesDrafts, in: $0)
        }
        guard let reply else { throw RPCError.unknown(.event, request.eventId) }
        return reply
    }

    func listAudit(_ request: ListAuditRequest, _ call: CallContext) async throws -> ListAuditReply
    {
        try await database.read { try StockQueries.audit(request, in: $0) }
    }
}
