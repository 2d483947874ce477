import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage

enum HoldQueries {
    static func hold(_ id: UUID, in reader: Reader) throws -> HoldReply? {
        guard let hold = try reader.find(Hold.self, id) else { return nil }
        return try HoldReply(hold, at: reader.now, in: reader)
    }

    /// A page of open holds in order of their ids.
    static func list(_ request: ListHoldsRequest, in reader: Reader) throws -> ListHoldsReply {
        var page = try Page<HoldReply, UUID>(
            of: InventoryAPI.listHolds.name, among: [request.state.word], after: request.after,
            limit: request.limit)
        let since = reader.now.advanced(byMs: -(request.olderThanMs ?? 0))
        let nothing = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        let most = page.rowsToRead
        var last = page.after ?? nothing
        while true {
            let holds = try reader.readable(
                Hold.self,
                where: """
                    \(open(request.state, since: since)) AND hold_id > \(last)
                    ORDER BY hold_id LIMIT \(most)
                    """)
            // One that can't be read is the `SweepJob`'s alarm, and stands in no list.
            for case (let id, .success(let hold)) in holds {
                let reply = try HoldReply(hold, at: reader.now, in: reader)
                guard page.take(reply, at: id) else {
                    return ListHoldsReply(holds: page.rows, next: page.next)
                }
            }
            guard holds.count == most, let end = holds.last else { break }
            last = end.key
        }
        return ListHoldsReply(holds: page.rows, next: page.next)
    }

    /// Through the index of one state, whose literal names it: in order of their ids, all holds
    /// ever made would be looked through for the few that are open.
    static func open(_ state: HoldState, since: Instant) -> SQL {
        let open: SQL =
            state == .committing
            ? "state = 'COMMITTING' AND committing_since <= \(since)"
            : "state = 'ACTIVE' AND created_at <= \(since)"
        return "hold_id IN (SELECT hold_id FROM hold WHERE \(open))"
    }

    /// A hold that is over and still takes stock.
    struct Overdue: Sendable {
        let expiresAt: Instant
        let id: UUID
    }

    /// A page of what is over, of all events, the oldest first.
    static func overdue(
        after last: Overdue? = nil, limit: Int64, in reader: Reader
    ) throws -> [Overdue] {
        try reader.query(overdue(at: reader.now, after: last, limit: limit)) {
            Overdue(expiresAt: try $0.next(), id: try $0.next())
        }
    }

    /// Event by event (CROSS JOIN keeps this order), so that only what is over is read.
    static func overdue(at now: Instant, after last: Overdue? = nil, limit: Int64) -> SQL {
        let next: SQL =
            last.map { last in
                """
                AND (h.expires_at > \(last.expiresAt)
                    OR (h.expires_at = \(last.expiresAt) AND h.hold_id > \(last.id)))
                """
            } ?? ""
        return """
            SELECT h.expires_at, h.hold_id FROM event e CROSS JOIN hold h
            WHERE h.event_id = e.event_id AND h.state = 'ACTIVE' AND h.expires_at <= \(now) \(next)
            ORDER BY h.expires_at, h.hold_id LIMIT \(limit)
            """
    }

    /// Deletes what never took stock: refusals and tombstones. Their replays are long over by
    /// then. A hold that took stock is never deleted.
    static func forget(_ batch: Batch, before: Instant, limit: Int64) throws -> Int {
        try batch.execute(
            """
            DELETE FROM hold WHERE hold_id IN (
                SELECT hold_id FROM hold
                WHERE (state = 'REFUSED' OR owner IS NULL) AND created_at < \(before)
                ORDER BY created_at LIMIT \(limit))
            """)
    }

    /// How many holds have been COMMITTING for longer than so, and since when the oldest is.
    static func stuck(forMs limitMs: Int64, in reader: Reader) throws -> (count: Int64, ms: Int64) {
        let since = reader.now.advanced(byMs: -limitMs)
        let found = try reader.query(
            """
            SELECT COUNT(*), MIN(committing_since) FROM hold
            WHERE state = 'COMMITTING' AND committing_since <= \(since)
            """
        ) { (count: try $0.next(Int64.self), oldest: try $0.next(Instant?.self)) }.first
        return (found?.count ?? 0, found?.oldest?.millisecondsUntil(reader.now) ?? 0)
    }
}
