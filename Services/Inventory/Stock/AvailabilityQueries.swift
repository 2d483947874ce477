import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Wire

/// What can be had of an event, in one state of the store.
struct Availability: Sendable {
    let reply: AvailabilityReply
    let isDraft: Bool
    /// When it becomes another by itself, at the earliest; nil: never.
    let until: Instant?
}

enum AvailabilityQueries {
    /// Nil when there is no such event. With an owner, their holds are counted apart.
    static func availability(
        of eventId: UUID, owner: String?, in reader: Reader
    ) throws -> Availability? {
        guard let pool = try reader.find(Pool.self, eventId), pool.kind == .event,
            let event = try reader.find(EventRow.self, eventId)?.event
        else { return nil }
        let now = reader.now
        let isAnyOver = pool.nextExpiryAt.map { $0 <= now } ?? false
        let over = isAnyOver ? try overdue(of: eventId, in: reader) : [:]
        let types = try CatalogueQueries.types(of: eventId, in: reader)
        let pools = try pools(of: types, without: over, in: reader)
        let stock = try free(pool, of: over)
        let isAnythingGone = stock.available == 0 || pools.contains { $0.available == 0 }
        let releases = isAnythingGone ? try releases(of: eventId, in: reader) : [:]
        let yours = try owner.map { try held(by: $0, of: eventId, in: reader) } ?? [:]
        let closed = SaleRules.notOnSale(event, at: now)
        let shown = zip(types, pools).map { type, own in
            let left = [own.available, stock.available].compactMap { $0 }.min()
            let why = closed ?? SaleRules.notOnSale(type, at: now)
            let byYou = yours[own.id] ?? 0
            return TypeStock(
                ticketTypeId: own.id, available: why == nil ? left : 0,
                heldByOthers: max(0, own.held - byYou), heldByYou: byYou, sold: own.sold,
                lowStock: isLow(left, of: own.capacity ?? stock.capacity),
                nextReleaseAt: left == 0 ? releases[own.available == 0 ? own.id : eventId] : nil,
                why: why)
        }
        let edges =
            [event.salesStart, event.salesEnd] + types.flatMap { [$0.salesStart, $0.salesEnd] }
            + [isAnyOver ? try nextEnd(of: eventId, in: reader) : pool.nextExpiryAt]
        return Availability(
            reply: AvailabilityReply(
                seq: stock.seq, stamp: 0,
                event: EventStock(
                    capacity: stock.capacity, held: stock.held, sold: stock.sold,
                    available: closed == nil ? stock.available : 0,
                    atCapacity: stock.available == 0, why: closed),
                types: shown, serverTime: now
            ).stamped,
            isDraft: event.status == .draft,
            until: edges.compactMap { $0 }.filter { $0 > now }.min())
    }

    /// Of the types, in their order, as if what is over had been swept.
    private static func pools(
        of types: [TicketTypeView], without over: [UUID: Int64], in reader: Reader
    ) throws -> [Pool] {
        guard !types.isEmpty else { return [] }
        let found = try reader.select(
            Pool.self, where: "pool_id IN \(each: types.map(\.ticketTypeId))")
        let byId = Dictionary(found.map { ($0.id, $0) }) { $1 }
        return try types.map { type in
            guard let pool = byId[type.ticketTypeId] else {
                throw StorageError(.corrupt, "ticket type \(type.ticketTypeId) has no pool")
            }
            return try free(pool, of: over)
        }
    }

    private static func free(_ pool: Pool, of over: [UUID: Int64]) throws -> Pool {
        try pool.after(.expire, over[pool.id] ?? 0)
    }

    private static func isLow(_ available: Int64?, of capacity: Int64?) -> Bool {
        guard let available, let capacity else { return false }
        return available <= capacity / 10
    }

    private static func nextEnd(of eventId: UUID, in reader: Reader) throws -> Instant? {
        try reader.query(
            """
            SELECT MIN(expires_at) FROM hold
            WHERE event_id = \(eventId) AND state = 'ACTIVE' AND expires_at > \(reader.now)
            """
        ) { try $0.next(Instant?.self) }.first ?? nil
    }

    /// When something comes back to each pool, if nobody pays, by the 64 holds that end next.
    private static func releases(
        of eventId: UUID, in reader: Reader
    ) throws -> [UUID: Instant] {
        let ends = try reader.query(
            """
            SELECT p.pool_id, MIN(h.expires_at) FROM (
                SELECT hold_id, expires_at FROM hold
                WHERE event_id = \(eventId) AND state = 'ACTIVE' AND expires_at > \(reader.now)
                ORDER BY expires_at LIMIT 64) h
            JOIN hold_pool p ON p.hold_id = h.hold_id GROUP BY p.pool_id
            """
        ) { (try $0.next(UUID.self), try $0.next(Instant.self)) }
        return Dictionary(ends) { $1 }
    }

    /// What is over and not swept, by pool.
    private static func overdue(of eventId: UUID, in reader: Reader) throws -> [UUID: Int64] {
        try quantities(
            "h.state = 'ACTIVE' AND h.expires_at <= \(reader.now)", of: eventId, in: reader)
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

extension AvailabilityReply {
    /// With the stamp of what it says, but for the time.
    fileprivate var stamped: AvailabilityReply {
        let content = AvailabilityReply(
            seq: seq, stamp: 0, event: event, types: types, serverTime: Instant(milliseconds: 0))
        var reply = self
        reply.stamp = Int64(ContentHash.of(CBOR.encode(content)) >> 1)
        return reply
    }
}
