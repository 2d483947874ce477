internal import FoundationEssentials
internal import Lifecycle

/// The writer row of a store that several instances of a service share: each locks it for a batch,
/// so that batches are one after the other whoever writes them.
///
/// The epoch is the store's, not an owner's. It rises once when a standby has become the server,
/// so that an instance that knows of it writes to no server that does not.
struct SharedWriterRow: Writer {
    /// Beside the writer row: the last batch of each instance, which settles a commit whose answer
    /// was lost, and the history of the server that the epoch goes with.
    static let tables = [
        """
        CREATE TABLE IF NOT EXISTS instance (
            id BYTEA NOT NULL PRIMARY KEY, batch BIGINT NOT NULL, at BIGINT NOT NULL)
        """,
        """
        CREATE TABLE IF NOT EXISTS timeline (
            id BIGINT NOT NULL PRIMARY KEY, number BIGINT NOT NULL)
        """,
        JobLease.creation, ClockVote.creation,
    ]

    /// This process among those that share the store.
    private let instance: UUID
    let feedID: UUID
    private let timelineText: String
    private(set) var epoch: Int64
    /// What the batch that runs raises the epoch to.
    private var nextEpoch: Int64?
    private(set) var feed: Int64
    private(set) var floor = Instant(milliseconds: 0)
    /// So many times the clock was set, as far as this process has heard.
    private var sets: Int64 = 0
    /// The batch that runs sets it.
    private var setsClock = false
    /// The batch that runs.
    private var batch: Int64
    /// The last batch that is known to be committed, whoever wrote it.
    private var committedBatch: Int64
    private var now: Instant
    private var session: Int64?
    /// Batches in a row that followed one of this process's own.
    private var ownInARow = 0
    /// Whether the batch that runs presumed that it does, and was not told yet.
    private var isPresumed = false
    private static let ownBeforePresuming = 4

    /// Joins those that share the store; also gives what it knows of the time.
    static func join(
        _ connection: any Connection, _ dialect: Dialect, world: World
    ) throws -> (writer: SharedWriterRow, time: StoreTime) {
        try connection.begin()
        do {
            let start = world.now.milliseconds
            if try connection.query("SELECT id FROM writer", { try $0.next(Int64.self) }).isEmpty {
                try connection.run(
                    """
                    INSERT INTO writer (id, epoch, batch, now_ms, feed, feed_id)
                    VALUES (1, \(start), 0, 0, 0, \(world.newID())) ON CONFLICT (id) DO NOTHING
                    """)
            }
            let instance = try uniqueID(connection, dialect)
            let found = try connection.query(
                """
                UPDATE writer SET batch = batch
                WHERE id = 1 RETURNING feed_id, epoch, batch, now_ms, feed
                """
            ) { columns in
                SharedWriterRow(
                    instance: instance, feedID: try columns.next(),
                    timelineText: dialect.timeline, epoch: try columns.next(),
                    batch: try columns.next(), now: try columns.next(), feed: try columns.next())
            }.first
            guard var writer = found else { throw StorageError(.corrupt, "writer: no row") }
            try writer.compareTimeline(connection)
            writer.epoch = writer.nextEpoch ?? writer.epoch
            writer.nextEpoch = nil
            try connection.run(
                "DELETE FROM instance WHERE at < \(start - Housekeeping.keptMs)")
            var time = try StoreTime.load(
                connection, lastBatch: writer.batch > 0 ? writer.now : nil)
            (writer.floor, writer.sets) = (time.floor, time.sets)
            try connection.commit()
            if time.isDoubtful(at: world.now) {
                time.isSharedNow = try hasOthers(connection, dialect)
            }
            return (writer, time)
        } catch {
            connection.rollback()
            throw error
        }
    }

    /// Whether another process has the store open; sessions of one that has just ended are waited
    /// for a little.
    private static func hasOthers(_ connection: any Connection, _ dialect: Dialect) throws -> Bool {
        var count: Int64 = 0
        for _ in 0..<5 {
            try connection.prepare("SELECT \(dialect.otherSessions)").run(ColumnWriter()) { row in
                var columns = ColumnReader(row, source: "sessions")
                count = try columns.next()
            }
            if count == 0 { return false }
            connection.rest(ms: 50)
        }
        return true
    }

    private static func uniqueID(
        _ connection: any Connection, _ dialect: Dialect
    ) throws -> UUID {
        var id: UUID?
        try connection.prepare("SELECT \(dialect.uniqueID)").run(ColumnWriter()) { row in
            var columns = ColumnReader(row, source: "instance")
            id = try columns.next(UUID.self)
        }
        guard let id else { throw StorageError(.corrupt, "instance: no id was drawn") }
        return id
    }

    private init(
        instance: UUID, feedID: UUID, timelineText: String, epoch: Int64, batch: Int64,
        now: Instant, feed: Int64
    ) {
        self.instance = instance
        self.feedID = feedID
        self.timelineText = timelineText
        self.epoch = epoch
        self.batch = batch
        self.now = now
        self.feed = feed
        committedBatch = batch
    }

    // MARK: A batch

    /// Nobody raises the time who has not heard that it was set, which raises the epoch.
    private static let claimText = """
        UPDATE writer
        SET batch = batch + 1, now_ms = CASE
            WHEN epoch > $3 THEN now_ms WHEN now_ms < $1 THEN $2 ELSE now_ms END
        WHERE id = 1 AND epoch >= $3 RETURNING epoch, batch, now_ms, feed
        """

    mutating func claim(_ connection: any Connection, now wanted: Instant) throws -> Claim {
        if ownInARow >= Self.ownBeforePresuming, session == connection.session, wanted >= now {
            return try presume(connection, now: wanted)
        }
        var cells = ColumnWriter()
        for number in [wanted.milliseconds, wanted.milliseconds, epoch] { cells.append(number) }
        var claimed: (epoch: Int64, batch: Int64, now: Instant, feed: Int64)?
        try connection.prepare(Self.claimText).run(cells) { row in
            var columns = ColumnReader(row, source: "writer")
            claimed = (
                epoch: try columns.next(), batch: try columns.next(), now: try columns.next(),
                feed: try columns.next()
            )
        }
        guard let claimed, claimed.batch > committedBatch else {
            throw StorageError(
                .fenced,
                "the server knows less than this process: it is a primary of the past, or lost "
                    + "what was committed")
        }
        let isSet = try claimed.epoch > epoch && hearOfClock(connection)
        let followsOwn = claimed.epoch == epoch && claimed.batch - 1 == committedBatch
        (epoch, batch, now, feed) = claimed
        ownInARow = followsOwn ? min(ownInARow + 1, Self.ownBeforePresuming) : 0
        if session != connection.session { try compareTimeline(connection) }
        return Claim(followsOwn: followsOwn && now == wanted, now: now, isSet: isSet)
    }

    // MARK: The clock

    private mutating func hearOfClock(_ connection: any Connection) throws -> Bool {
        let time = try StoreTime.load(connection, lastBatch: now)
        defer { (floor, sets) = (time.floor, time.sets) }
        return time.sets != sets
    }

    /// Each instance that is alive says how far its wall clock is ahead; one that does not, or says
    /// otherwise, has a clock that is as good.
    func agrees(_ connection: any Connection, aheadMs: Int64, now: Instant) throws -> Bool {
        try ClockVote.put(connection, instance, aheadMs: aheadMs, at: now)
        return try ClockVote.isUnanimous(connection, instance, aheadMs: aheadMs, at: now)
    }

    mutating func setClock(
        _ connection: any Connection, from before: Instant, to now: Instant
    ) throws {
        let next = try raiseEpoch()
        try StoreTime.set(connection, from: before)
        try connection.run("UPDATE writer SET epoch = \(next), now_ms = \(now) WHERE id = 1")
        try connection.run("DELETE FROM clock_vote")
        // What this batch has claimed is what it leaves.
        self.now = now
        floor = max(floor, before)
        setsClock = true
    }

    /// Where another has written, the batch's number, which may not be null, gets no value: the
    /// server then refuses the statement, and all that comes behind it.
    private static let presumeText = """
        UPDATE writer
        SET batch = CASE WHEN batch = $1 AND epoch = $2 THEN $3 END, now_ms = $4 WHERE id = 1
        """

    /// While nobody else writes, which one who has just written several batches may presume, the
    /// row is as this process left it, and a batch need not wait to be told.
    private mutating func presume(_ connection: any Connection, now wanted: Instant) throws -> Claim
    {
        let (next, overflow) = committedBatch.addingReportingOverflow(1)
        if overflow { throw StorageError(.corrupt, "writer: batch has no successor") }
        var cells = ColumnWriter()
        for number in [committedBatch, epoch, next, wanted.milliseconds] { cells.append(number) }
        isPresumed = true
        try connection.prepare(Self.presumeText).enqueue(cells, changing: 1)
        (batch, now) = (next, wanted)
        return Claim(followsOwn: true, now: wanted)
    }

    mutating func rolledBack(by error: StorageError) -> Bool {
        defer { (isPresumed, ownInARow, nextEpoch, setsClock) = (false, 0, nil, false) }
        // The history that the epoch goes with is looked at again.
        if nextEpoch != nil { session = nil }
        return isPresumed && error.code == .constraint
    }

    func finish(_ connection: any Connection, feed: Int64) throws {
        var cells = ColumnWriter()
        cells.append(instance)
        cells.append(batch)
        cells.append(now)
        if feed == self.feed {
            try connection.prepare(Self.finishText).enqueue(cells, changing: 1)
        } else {
            cells.append(feed)
            try connection.prepare(Self.finishWithFactsText).enqueue(cells, changing: 1)
        }
    }

    private static let finishText = """
        INSERT INTO instance (id, batch, at) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, at = excluded.at
        """

    private static let finishWithFactsText = """
        WITH own AS (\(finishText)) UPDATE writer SET feed = $4 WHERE id = 1
        """

    mutating func committed(feed newFeed: Int64) {
        committedBatch = batch
        feed = newFeed
        isPresumed = false
        if let nextEpoch { epoch = nextEpoch }
        if setsClock { sets += 1 }
        (nextEpoch, setsClock) = (nil, false)
    }

    func isStored(_ connection: any Connection) throws -> Bool {
        try connection.begin()
        try connection.run("UPDATE writer SET batch = batch WHERE id = 1")
        let stored = try connection.query("SELECT batch FROM instance WHERE id = \(instance)") {
            try $0.next(Int64.self)
        }
        // A commit, not a rollback: once it is on the standby, so is all that came before.
        try connection.commit()
        return stored == [batch]
    }

    // MARK: The server's history

    /// It is this process's only once the batch is committed.
    private mutating func raiseEpoch() throws -> Int64 {
        let (next, overflow) = (nextEpoch ?? epoch).addingReportingOverflow(1)
        if overflow { throw StorageError(.corrupt, "writer: epoch has no successor") }
        nextEpoch = next
        return next
    }

    /// In a transaction that has the writer row: raises the epoch when a standby was promoted.
    private mutating func compareTimeline(_ connection: any Connection) throws {
        var current: Int64 = 0
        try connection.prepare("SELECT \(timelineText)").run(ColumnWriter()) { row in
            var columns = ColumnReader(row, source: "timeline")
            current = try columns.next()
        }
        let known = try connection.query("SELECT number FROM timeline WHERE id = 1") {
            try $0.next(Int64.self)
        }.first
        guard let known else {
            try connection.run("INSERT INTO timeline (id, number) VALUES (1, \(current))")
            session = connection.session
            return
        }
        guard current >= known else {
            throw StorageError(.fenced, "the server is a primary of the past")
        }
        if current > known {
            let next = try raiseEpoch()
            try connection.run("UPDATE timeline SET number = \(current) WHERE id = 1")
            try connection.run("UPDATE writer SET epoch = \(next) WHERE id = 1")
        }
        session = connection.session
    }
}
