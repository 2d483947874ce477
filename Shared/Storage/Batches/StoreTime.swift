internal import Lifecycle

/// What a store knows of the time.
struct StoreTime {
    /// That of the last batch.
    var lastBatch: Instant?
    /// The last time that a steady wall clock has confirmed.
    var known: Instant
    /// No fact is dated before this, though the clock was set back: facts lie in the order of time.
    var floor: Instant
    /// So many times the clock was set.
    var sets: Int64
    /// Others have the store open.
    var isSharedNow = false

    /// A wall clock is so far away that others who know better may have to be asked.
    func isDoubtful(at wall: Instant) -> Bool {
        guard let lastBatch else { return false }
        return lastBatch.millisecondsUntil(wall).magnitude > UInt64(ClockState.toleratedMs)
    }

    static let table = """
        CREATE TABLE IF NOT EXISTS clock (
            id BIGINT NOT NULL PRIMARY KEY, known_ms BIGINT NOT NULL, floor_ms BIGINT NOT NULL,
            sets BIGINT NOT NULL)
        """

    /// `lastBatch` is nil for a store that is new. One of before this table is taken to be right.
    static func load(
        _ connection: any Connection, lastBatch: Instant?
    ) throws -> StoreTime {
        let known = lastBatch ?? Instant(milliseconds: 0)
        try connection.run(
            """
            INSERT INTO clock (id, known_ms, floor_ms, sets) VALUES (1, \(known), 0, 0)
            ON CONFLICT (id) DO NOTHING
            """)
        let row = try connection.query(
            "SELECT known_ms, floor_ms, sets FROM clock WHERE id = 1"
        ) {
            StoreTime(
                lastBatch: lastBatch, known: try $0.next(), floor: try $0.next(),
                sets: try $0.next())
        }.first
        guard let row else { throw StorageError(.corrupt, "clock: its row is gone") }
        return row
    }

    static func note(_ connection: any Connection, _ now: Instant) throws {
        try connection.run("UPDATE clock SET known_ms = \(now) WHERE id = 1")
    }

    /// In the batch that sets the clock: what comes after is not dated before what was.
    static func set(_ connection: any Connection, from before: Instant) throws {
        try connection.run(
            """
            UPDATE clock SET sets = sets + 1,
                floor_ms = CASE WHEN floor_ms < \(before) THEN \(before) ELSE floor_ms END
            WHERE id = 1
            """)
    }
}
