internal import FoundationEssentials
public import Lifecycle

/// Prunes what is kept for seven days: old facts of the feed, and what of a
/// service's own never touched money or stock. Small batches in the normal lane, so that no
/// caller feels it.
public struct Housekeeping: Service {
    /// Deletes at most so many of the service's own rows from before a time; gives their number.
    public typealias Pruning = @Sendable (Batch, Instant, _ limit: Int64) throws -> Int

    public static let keptMs: Int64 = 7 * 24 * 3600 * 1000
    private static let everyMs: Int64 = 60_000
    private static let rowsInOneBatch: Int64 = 500

    public let name = "housekeeping"
    private let database: Database
    private let world: World
    private let pruneOwn: Pruning

    public init(
        _ database: Database, world: World, also pruneOwn: @escaping Pruning = { _, _, _ in 0 }
    ) {
        self.database = database
        self.world = world
        self.pruneOwn = pruneOwn
    }

    public func run() async throws {
        while true {
            do { while try await prune() >= Self.rowsInOneBatch {} } catch {
                world.log.warning("prune_failed", ["cause": "\(error)"])
            }
            try await world.scheduler.sleep(ms: Self.everyMs)
        }
    }

    /// One batch of pruning; gives the number of rows that went.
    @discardableResult
    public func prune() async throws -> Int64 {
        try await database.write { [pruneOwn] batch in
            let limit = Self.rowsInOneBatch
            let before = batch.now.advanced(byMs: -Self.keptMs)
            // Facts lie in the order of time: once one is young enough, so are all behind it.
            let facts = try batch.execute(
                """
                DELETE FROM outbox WHERE seq IN (
                    SELECT seq FROM (SELECT seq, at FROM outbox ORDER BY seq LIMIT \(limit)) oldest
                    WHERE at < \(before))
                """)
            let own = try pruneOwn(batch, before, limit)
            return Int64(max(facts, own))
        }
    }
}
