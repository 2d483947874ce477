import Contracts
import FoundationEssentials
import Lifecycle
import Storage

/// Tidies up once a second: expires holds whose time is over, the oldest first, and raises an
/// alarm about those that an order has had for too long. Nothing depends on it: whoever comes
/// across such a hold first expires it.
struct Sweeper: Service {
    static let everyMs: Int64 = 1_000
    static let batchLimit: Int64 = 500
    /// After so long a COMMITTING hold is worth a look; only Orders may resolve it.
    static let commitAlarmMs: Int64 = 60_000

    let name = "sweeper"
    let world: World
    let database: Database

    func run() async throws {
        while true {
            do {
                while try await sweep(limit: Self.batchLimit).expiredHolds == Self.batchLimit {}
                try await watchCommitting()
            } catch let error as StorageError {
                world.log.warning("sweep_failed", ["cause": error.description])
            }
            try await world.scheduler.sleep(ms: Self.everyMs)
        }
    }

    /// Each hold is a command of its own, so that one bad row cannot stop the rest; they share
    /// commits all the same.
    func sweep(limit: Int64) async throws -> SweepExpiredReply {
        let ids = try await database.read { try HoldQueries.overdue(limit: limit, in: $0) }
        let swept = await withTaskGroup(of: Expiry.Late?.self) { group in
            for id in ids { group.addTask { await expire(id) } }
            var swept: [Expiry.Late] = []
            for await late in group { if let late { swept.append(late) } }
            return swept
        }
        let oldestLagMs = swept.map(\.lateMs).max() ?? 0
        world.metrics.gauge("sweeper.lag_ms", oldestLagMs)
        world.metrics.count("sweeper.expired_holds", by: Int64(swept.count))
        return SweepExpiredReply(
            expiredHolds: Int64(swept.count),
            releasedQuantity: swept.reduce(0) { $0 + $1.quantity }, oldestLagMs: oldestLagMs)
    }

    private func expire(_ id: UUID) async -> Expiry.Late? {
        do {
            return try await database.write(essential: true) { batch in
                try Expiry.expireIfOverdue(id, in: batch)
            }
        } catch {
            world.log.error("sweep_skipped", ["hold": id, "cause": "\(error)"])
            world.metrics.count("sweeper.skipped")
            return nil
        }
    }

    private func watchCommitting() async throws {
        let stuck = try await database.read { reader in
            try HoldQueries.stuck(forMs: Self.commitAlarmMs, in: reader)
        }
        world.metrics.gauge("holds.commit_overdue", stuck.count)
        guard stuck.count > 0 else { return }
        world.log.error("commit_overdue", ["holds": stuck.count, "oldest_ms": stuck.ms])
    }
}
