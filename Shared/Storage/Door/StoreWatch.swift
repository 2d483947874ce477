internal import Lifecycle

/// What a process knows of its store beside the rows: the time, how far the feed has come, and who
/// wants to know what changes. When others write too, each look at the writer row tells what they
/// did.
struct StoreWatch: Sendable {
    let clock: GuardedClock
    let progress: Progress
    let changes: Changes
    let isShared: Bool
    private let lookText: String

    init(
        clock: GuardedClock, progress: Progress, changes: Changes, _ dialect: Dialect
    ) {
        self.clock = clock
        self.progress = progress
        self.changes = changes
        isShared = dialect.isShared
        lookText = """
            SELECT epoch, feed, now_ms, CASE WHEN \(dialect.takesNoWrites) THEN 1 ELSE 0 END
            FROM writer WHERE id = 1
            """
    }

    /// The time of a reader whose transaction has just begun; never before that of a batch that it
    /// can see.
    func now(on connection: any Connection) throws -> Instant {
        guard isShared else { return clock.now() }
        var seen: (epoch: Int64, feed: Int64, now: Instant, isDemoted: Bool)?
        try connection.prepare(lookText).run(ColumnWriter()) { row in
            var columns = ColumnReader(row, source: "writer")
            seen = (
                epoch: try columns.next(), feed: try columns.next(), now: try columns.next(),
                isDemoted: try columns.next(Int64.self) == 1
            )
        }
        guard let seen else { throw StorageError(.corrupt, "writer: its row is gone") }
        // A server that others no longer write to goes on to answer, with less and less.
        guard !seen.isDemoted else {
            connection.leave()
            throw StorageError(.connectionLost, "the server takes no writes")
        }
        guard seen.epoch >= progress.epoch else {
            throw StorageError(.conflict, "the server is a primary of the past")
        }
        see(epoch: seen.epoch, feed: seen.feed, now: seen.now)
        return clock.now()
    }

    /// Something that is committed, by whomever.
    func see(epoch: Int64, feed: Int64, now: Instant) {
        clock.follow(now, epoch: epoch)
        progress.see(epoch: epoch)
        progress.advance(to: feed)
    }
}
