import Lifecycle
import Storage

/// Forgets, after seven days, what never took stock: refusals and tombstones. Their replays are
/// long over by then. A hold that took stock is never deleted.
struct Pruner: Service {
    static let keptMs: Int64 = 7 * 24 * 3600 * 1000
    static let everyMs: Int64 = 60_000
    static let batchLimit: Int64 = 500

    let name = "pruner"
    let world: World
    let database: Database

    func run() async throws {
        while true {
            do {
                while try await prune() >= Self.batchLimit {}
            } catch let error as StorageError {
                world.log.warning("prune_failed", ["cause": error.description])
            }
            try await world.scheduler.sleep(ms: Self.everyMs)
        }
    }

    /// One batch of pruning; gives the number of holds that went.
    @discardableResult
    func prune() async throws -> Int64 {
        try await database.write { batch in
            let before = batch.now.advanced(byMs: -Self.keptMs)
            return Int64(
                try batch.execute(
                    """
                    DELETE FROM hold WHERE hold_id IN (
                        SELECT hold_id FROM hold
                        WHERE (state = 'REFUSED' OR owner IS NULL) AND created_at < \(before)
                        ORDER BY created_at LIMIT \(Self.batchLimit))
                    """))
        }
    }
}
