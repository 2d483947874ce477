internal import Lifecycle

/// What a process knows of its store beside the rows: the time, and how far the feed has come.
/// When others write too, each look at the writer row tells what they did.
struct StoreWatch: Sendable {
    let clock: GuardedClock
    let progress: Progress
    let isShared: Bool

    /// The time of a reader whose transaction has just begun; never before that of a batch that it
    /// can see.
    func now(on connection: any Connection) throws -> Instant {
        guard isShared else { return clock.now() }
        let text: SQL = "SELECT epoch, feed, now_ms FROM writer WHERE id = 1"
        let seen = try connection.query(text) {
            (
                epoch: try $0.next(Int64.self), feed: try $0.next(Int64.self),
                now: try $0.next(Instant.self)
            )
        }.first
        guard let seen else { throw StorageError(.corrupt, "writer: its row is gone") }
        guard seen.epoch >= progress.epoch else {
            throw StorageError(.conflict, "the server is a primary of the past")
        }
        see(epoch: seen.epoch, feed: seen.feed, now: seen.now)
        return clock.now()
    }

    /// Something that is committed, by whomever.
    func see(epoch: Int64, feed: Int64, now: Instant) {
        clock.follow(now)
        progress.see(epoch: epoch)
        progress.advance(to: feed)
    }
}
