import Contracts
import FoundationEssentials
import Lifecycle
import Storage

/// What happens to a hold whose time is over, whoever comes across it.
enum ExpiryCommands {
    /// Who stands in the audit when it is the clock that acts.
    static let actor = "clock"
    /// Holds that one Reserve gives back at most before it is refused.
    static let reapLimit: Int64 = 500

    @discardableResult
    static func expire(_ hold: Hold, in batch: Batch) throws -> Hold {
        var stock = Stock(batch, actor: actor)
        try stock.move(.expire, hold)
        let expired = HoldRules.expired(hold)
        try stock.save()
        try batch.update(expired)
        Facts.expired(expired, in: batch)
        return expired
    }

    /// What came back from a hold, and how late.
    struct Late: Sendable {
        let quantity: Int64
        let lateMs: Int64
    }

    /// Expires one hold if it is over; the sweeper's part. Nil when somebody else was first.
    static func expireIfOverdue(_ id: UUID, in batch: Batch) throws -> Late? {
        guard let hold = try batch.find(Hold.self, id), hold.isOverdue(at: batch.now) else {
            return nil
        }
        try expire(hold, in: batch)
        return Late(
            quantity: hold.lines.reduce(0) { $0 + $1.quantity },
            lateMs: hold.expiresAt?.millisecondsUntil(batch.now) ?? 0)
    }

    /// Gives back what holds of an event that are over still take: the oldest first, and so many
    /// at most. It looks only when there may be one.
    ///
    /// - Returns: whether anything came back.
    static func reap(_ eventId: UUID, in batch: Batch) throws -> Bool {
        guard let next = try batch.find(Pool.self, eventId)?.nextExpiryAt, next <= batch.now else {
            return false
        }
        let overdue = try batch.select(
            Hold.self,
            where: """
                event_id = \(eventId) AND state = 'ACTIVE' AND expires_at <= \(batch.now)
                ORDER BY expires_at LIMIT \(reapLimit)
                """)
        var isAnyBack = false
        for hold in overdue {
            do {
                try expire(hold, in: batch)
                isAnyBack = true
            } catch let error as StorageError where error.code == .corrupt {
                // One hold that contradicts its pools must not keep the others from being reaped;
                // nothing of it was written, and VerifyInvariants reports it.
                continue
            }
        }
        try lookAgain(eventId, in: batch)
        return isAnyBack
    }

    private static func lookAgain(_ eventId: UUID, in batch: Batch) throws {
        let next = try batch.query(
            "SELECT MIN(expires_at) FROM hold WHERE event_id = \(eventId) AND state = 'ACTIVE'"
        ) { try $0.next(Instant?.self) }
        var stock = Stock(batch, actor: actor)
        try stock.set(nextExpiry: next.first ?? nil, of: eventId)
        try stock.save()
    }
}

extension ClockRepair<UUID> {
    /// Holds that a clock which was ahead has made or fenced: else nobody could buy what they take
    /// until that time has come, nor be told that an order has them for too long.
    static func holds(in database: Database, world: World) -> ClockRepair {
        ClockRepair("hold", in: database, world: world) { reader, limit in
            let latest = reader.now.advanced(byMs: toleratedMs)
            return try reader.query(
                """
                SELECT hold_id FROM hold WHERE state = 'ACTIVE' AND created_at > \(latest)
                UNION ALL
                SELECT hold_id FROM hold WHERE state = 'COMMITTING' AND committing_since > \(latest)
                LIMIT \(limit)
                """
            ) { try $0.next() }
        } by: { batch, id in
            guard let made = try batch.find(Hold.self, id), made.takesStock else { return }
            let hold = made.made(notAfter: batch.now)
            var stock = Stock(batch, actor: ExpiryCommands.actor)
            try stock.note(expiryOf: hold)
            try stock.save()
            try batch.update(hold)
        }
    }
}
