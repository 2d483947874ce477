import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage

enum StockQueries {
    static func audit(_ request: ListAuditRequest, in reader: Reader) throws -> ListAuditReply {
        guard try reader.find(Pool.self, request.poolId) != nil else {
            throw RPCError.unknown(.pool, request.poolId)
        }
        var page = try Page<AuditEntry, Int64>(
            of: InventoryAPI.listAudit.name, among: [request.poolId.text],
            after: request.after, limit: request.limit)
        try reader.select(
            AuditRow.self,
            where: """
                pool_id = \(request.poolId) AND seq > \(page.after ?? 0)
                ORDER BY seq LIMIT \(page.rowsToRead)
                """,
            while: { page.take($0.entry, at: $0.entry.seq) })
        return ListAuditReply(entries: page.rows, next: page.next)
    }
}
