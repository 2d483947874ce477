internal import FoundationEssentials
internal import Lifecycle

/// Who writes, as a batch begins and ends: by the one row that the first statement of every batch
/// updates.
protocol Writer {
    /// Made with the database and never changed.
    var feedID: UUID { get }
    var epoch: Int64 { get }
    /// The number of the last fact committed to the feed.
    var feed: Int64 { get }
    /// No fact is dated before this.
    var floor: Instant { get }
    /// The first statement of a batch.
    mutating func claim(_ connection: any Connection, now: Instant) throws -> Claim
    /// In a batch that is claimed: whether the others who share the store also see a wall clock
    /// that is so far ahead of its time.
    func agrees(_ connection: any Connection, aheadMs: Int64, now: Instant) throws -> Bool
    /// In a batch that is claimed: the store's time goes on from `now`.
    mutating func setClock(
        _ connection: any Connection, from before: Instant, to now: Instant) throws
    /// The last one, once the facts up to `feed` are written.
    func finish(_ connection: any Connection, feed: Int64) throws
    /// The batch that was claimed is committed.
    mutating func committed(feed: Int64)
    /// The batch came to nothing; true when that may be only because others have written, which
    /// the next claim waits to be told.
    mutating func rolledBack(by error: StorageError) -> Bool
    /// After a commit whose answer was lost: whether it did happen. The writer row is locked
    /// first, so that the session that was lost cannot commit behind our back.
    func isStored(_ connection: any Connection) throws -> Bool
}

/// What a batch begins with.
struct Claim {
    /// The batch before was this process's too: what it left in memory is what is stored.
    let followsOwn: Bool
    /// The time of the batch.
    let now: Instant
    /// Another instance has set the store's time since the batch before.
    var isSet = false
}

/// The single row by which an owner of the database counts its batches and is fenced off when a
/// newer owner has come.
struct WriterRow: Writer {
    let feedID: UUID
    let epoch: Int64
    /// The number of the batch that runs, or ran last.
    private(set) var batch: Int64
    /// The number of the last fact committed to the feed. Stored by the batch after, which must
    /// update the row anyway; until then the newest fact itself tells it.
    private(set) var feed: Int64
    private(set) var floor: Instant

    /// Makes this process the owner, above every one before it; also gives what the store knows of
    /// the time. The epoch is drawn from the clock, so that the owner of a copy that
    /// was put back is above those that the copy does not know of.
    static func take(
        _ connection: any Connection, world: World
    ) throws -> (writer: WriterRow, time: StoreTime) {
        try connection.begin()
        do {
            let known = try connection.query(
                "SELECT epoch, batch, now_ms, feed_id FROM writer WHERE id = 1"
            ) {
                (
                    epoch: try $0.next(Int64.self), batch: try $0.next(Int64.self),
                    now: try $0.next(Instant.self), feedID: try $0.next(UUID.self)
                )
            }.first
            let feedID = known?.feedID ?? world.newID()
            let (next, overflow) = (known?.epoch ?? 0).addingReportingOverflow(1)
            let epoch = max(next, world.now.milliseconds)
            if overflow { throw StorageError(.corrupt, "writer: epoch has no successor") }
            if known == nil {
                try connection.run(
                    """
                    INSERT INTO writer (id, epoch, batch, now_ms, feed, feed_id)
                    VALUES (1, \(epoch), 0, 0, 0, \(feedID))
                    """)
            } else {
                try connection.run("UPDATE writer SET epoch = \(epoch) WHERE id = 1")
            }
            let feed = try storeFeed(connection)
            let time = try StoreTime.load(connection, lastBatch: known?.now)
            try connection.commit()
            let writer = WriterRow(
                feedID: feedID, epoch: epoch, batch: known?.batch ?? 0, feed: feed,
                floor: time.floor)
            return (writer, time)
        } catch {
            connection.rollback()
            throw error
        }
    }

    mutating func claim(_ connection: any Connection, now: Instant) throws -> Claim {
        let (next, overflow) = batch.addingReportingOverflow(1)
        if overflow { throw StorageError(.corrupt, "writer: batch has no successor") }
        var cells = ColumnWriter()
        for number in [next, now.milliseconds, epoch, batch, feed] { cells.append(number) }
        if try connection.prepare(Self.followText).run(cells) == 1 {
            batch = next
            return Claim(followsOwn: true, now: now)
        }
        try claimAfterOthers(connection, now)
        return Claim(followsOwn: false, now: now)
    }

    /// There is nobody else.
    func agrees(_ connection: any Connection, aheadMs: Int64, now: Instant) throws -> Bool { true }

    mutating func setClock(
        _ connection: any Connection, from before: Instant, to now: Instant
    ) throws {
        try StoreTime.set(connection, from: before)
        try connection.run("UPDATE writer SET now_ms = \(now) WHERE id = 1")
        floor = max(floor, before)
    }

    /// For a row that is as this owner left it, which it nearly always is: an update that returns
    /// nothing takes a quarter of the time.
    private static let followText = """
        UPDATE writer SET batch = $1, now_ms = $2, feed = $5
        WHERE id = 1 AND epoch = $3 AND batch = $4
        """

    private mutating func claimAfterOthers(_ connection: any Connection, _ now: Instant) throws {
        let claimed = try connection.query(
            """
            UPDATE writer SET batch = batch + 1, now_ms = \(now)
            WHERE id = 1 AND epoch = \(epoch) RETURNING batch
            """
        ) { try $0.next(Int64.self) }.first
        guard let claimed else {
            throw StorageError(.fenced, "another process has taken this database over")
        }
        batch = claimed
        feed = try Self.storeFeed(connection)
    }

    /// Stores the number of the newest fact, for an owner that did not write it, and gives it.
    private static func storeFeed(_ connection: any Connection) throws -> Int64 {
        let feed = try connection.query(
            """
            UPDATE writer
            SET feed = COALESCE((SELECT MAX(seq) FROM outbox WHERE seq > feed), feed)
            WHERE id = 1 RETURNING feed
            """
        ) { try $0.next(Int64.self) }.first
        guard let feed else { throw StorageError(.corrupt, "writer: its row is gone") }
        return feed
    }

    /// The batch after stores the feed's number.
    func finish(_ connection: any Connection, feed: Int64) {}

    mutating func committed(feed newFeed: Int64) { feed = newFeed }

    mutating func rolledBack(by error: StorageError) -> Bool { false }

    func isStored(_ connection: any Connection) throws -> Bool {
        try connection.begin()
        defer { connection.rollback() }
        let text: SQL = "UPDATE writer SET batch = batch WHERE id = 1 RETURNING batch"
        return try connection.query(text) { try $0.next(Int64.self) } == [batch]
    }
}
