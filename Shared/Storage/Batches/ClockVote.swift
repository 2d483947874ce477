internal import FoundationEssentials
internal import Lifecycle

/// How far the wall clock of one of several instances is ahead of the time of their store, of those
/// that see a steady one far away from it.
enum ClockVote {
    static let creation = """
        CREATE TABLE IF NOT EXISTS clock_vote (
            id BYTEA NOT NULL PRIMARY KEY, ahead_ms BIGINT NOT NULL, at BIGINT NOT NULL)
        """

    static func put(
        _ connection: any Connection, _ instance: UUID, aheadMs: Int64, at now: Instant
    ) throws {
        try connection.run(
            """
            INSERT INTO clock_vote (id, ahead_ms, at) VALUES (\(instance), \(aheadMs), \(now))
            ON CONFLICT (id) DO UPDATE SET ahead_ms = excluded.ahead_ms, at = excluded.at
            """)
    }

    /// Whether all others that have written in the last minutes say the same.
    static func isUnanimous(
        _ connection: any Connection, _ instance: UUID, aheadMs: Int64, at now: Instant
    ) throws -> Bool {
        let since = now.advanced(byMs: -ClockState.believedAfterMs)
        let low = aheadMs - ClockState.toleratedMs
        let high = aheadMs + ClockState.toleratedMs
        let others = try connection.query(
            """
            SELECT COUNT(*) FROM instance i LEFT JOIN clock_vote v ON v.id = i.id
            WHERE i.id <> \(instance) AND i.at > \(since) AND i.at <= \(now) AND (
                v.id IS NULL OR v.at <= \(since) OR v.ahead_ms < \(low) OR v.ahead_ms > \(high))
            """
        ) { try $0.next(Int64.self) }
        return others == [0]
    }
}
