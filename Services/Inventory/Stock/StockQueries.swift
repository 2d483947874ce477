import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage

enum StockQueries {
    /// What can be had of an event; nil when there is no such event, or none that the caller may
    /// see.
    static func availability(
        _ request: GetAvailabilityRequest, seesDrafts: Bool, in reader: Reader
    ) throws -> AvailabilityReply? {
        let id = request.eventId
        guard let pool = try reader.find(Pool.self, id), pool.kind == .event,
            let shown = try reader.find(EventRow.self, id)?.event,
            seesDrafts || shown.status != .draft
        else { return nil }
        let closed = SaleRules.notOnSale(shown, at: reader.now)
        let expired = try quantities(
            "h.state = 'ACTIVE' AND h.expires_at <= \(reader.now)", of: id, in: reader)
        let yours = try request.owner.map { try held(by: $0, of: id, in: reader) } ?? [:]
        let event = try free(pool, of: expired)
        let nextRelease = try nextRelease(of: id, in: reader)
        let types = try CatalogueQueries.types(of: id, in: reader).map { type in
            guard let stored = try reader.find(Pool.self, type.ticketTypeId) else {
                throw StorageError(.corrupt, "ticket type \(type.ticketTypeId) has no pool")
            }
            let own = try free(stored, of: expired)
            let left = [own.available, event.available].compactMap { $0 }.min()
            let why = closed ?? SaleRules.notOnSale(type, at: reader.now)
            let byYou = yours[own.id] ?? 0
            return TypeStock(
                ticketTypeId: own.id, available: why == nil ? left : 0,
                heldByOthers: max(0, own.held - byYou),
                heldByYou: byYou, sold: own.sold,
                lowStock: isLow(left, of: own.capacity ?? event.capacity),
                nextReleaseInMs: own.held > 0 ? nextRelease : nil, why: why)
        }
        return AvailabilityReply(
            seq: event.seq,
            event: EventStock(
                capacity: event.capacity, held: event.held, sold: event.sold,
                available: closed == nil ? event.available : 0,
                atCapacity: event.available == 0, why: closed),
            types: types)
    }

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

    /// The pool as if what is over had been swept.
    private static func free(_ pool: Pool, of expired: [UUID: Int64]) throws -> Pool {
        try pool.after(.expire, expired[pool.id] ?? 0)
    }

    private static func isLow(_ available: Int64?, of capacity: Int64?) -> Bool {
        guard let available, let capacity else { return false }
        return available <= capacity / 10
    }

    private static func nextRelease(of eventId: UUID, in reader: Reader) throws -> Int64? {
        try reader.query(
            """
            SELECT MIN(expires_at) FROM hold
            WHERE event_id = \(eventId) AND state = 'ACTIVE' AND expires_at > \(reader.now)
            """
        ) { try $0.next(Instant?.self) }.first?.map { reader.now.millisecondsUntil($0) }
    }

    /// What an owner's live holds take, by pool: the ACTIVE ones by the owner's index, the
    /// COMMITTING ones, of which there are few at a time, by theirs.
    private static func held(
        by owner: String, of eventId: UUID, in reader: Reader
    ) throws -> [UUID: Int64] {
        let active = try quantities(
            active(of: owner, at: reader.now), of: eventId, in: reader)
        let committing = try quantities(
            "h.state = 'COMMITTING' AND h.owner = \(owner)", of: eventId, in: reader)
        return active.merging(committing) { $0 + $1 }
    }

    static func active(of owner: String, at now: Instant) -> SQL {
        "h.state = 'ACTIVE' AND h.expires_at > \(now) AND h.owner = \(owner)"
    }

    private static func quantities(
        _ condition: SQL, of eventId: UUID, in reader: Reader
    ) throws -> [UUID: Int64] {
        let sums = try reader.query(sums(condition, of: eventId)) {
            (try $0.next(UUID.self), try $0.next(Int64.self))
        }
        return Dictionary(sums) { $1 }
    }

    static func sums(_ condition: SQL, of eventId: UUID) -> SQL {
        """
        SELECT p.pool_id, CAST(SUM(p.quantity) AS BIGINT)
        FROM hold h JOIN hold_pool p ON p.hold_id = h.hold_id
        WHERE h.event_id = \(eventId) AND \(condition) GROUP BY p.pool_id
        """
    }
}
