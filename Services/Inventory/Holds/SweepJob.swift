import Contracts
import FoundationEssentials
import Lifecycle
import Storage

/// Tidies up once a second: expires holds whose time is over, the oldest first, and raises an
/// alarm about those that an order has had for too long. Nothing depends on it: whoever comes
/// across such a hold first expires it.
struct SweepJob: Service {
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
            } catch {
                world.log.warning("sweep_failed", ["cause": "\(error)"])
            }
            try await world.scheduler.sleep(ms: Self.everyMs)
        }
    }

    /// Each hold is a command of its own, so that one bad row cannot stop the rest; they share
    /// commits all the same. Pages go on past rows that cannot be expired, so that no number of
    /// them stands before the others.
    func sweep(limit: Int64) async throws -> SweepExpiredReply {
        var swept: [ExpiryCommands.Late] = []
        var skipped: Int64 = 0
        var last: HoldQueries.Overdue?
        var isMore = true
        while isMore, swept.count < limit {
            let (after, left) = (last, limit - Int64(swept.count))
            let page = try await database.read {
                try HoldQueries.overdue(after: after, limit: left, in: $0)
            }
            last = page.last
            isMore = page.count == left
            for result in await expire(page) {
                switch result {
                case .success(let late): if let late { swept.append(late) }
                case .failure(let problem):
                    if skipped == 0 {
                        world.log.error(
                            "sweep_skipped", ["hold": problem.hold, "cause": problem.cause])
                    }
                    skipped += 1
                }
            }
        }
        let oldestLagMs = swept.map(\.lateMs).max() ?? 0
        world.metrics.gauge("sweeper.lag_ms", oldestLagMs)
        world.metrics.gauge("sweeper.skipped", skipped)
        world.metrics.count("sweeper.expired_holds", by: Int64(swept.count))
        return SweepExpiredReply(
            expiredHolds: Int64(swept.count),
            releasedQuantity: swept.reduce(0) { $0 + $1.quantity }, oldestLagMs: oldestLagMs)
    }

    /// Why a hold could not be expired. A sweep names the first one alone: there may be many, and
    /// it comes again every second.
    private struct Problem: Error {
        let hold: UUID
        let cause: String
    }

    private func expire(
        _ holds: [HoldQueries.Overdue]
    ) async -> [Result<ExpiryCommands.Late?, Problem>] {
        await withTaskGroup { group in
            for hold in holds { group.addTask { await expire(hold.id) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func expire(_ id: UUID) async -> Result<ExpiryCommands.Late?, Problem> {
        do {
            return .success(
                try await database.write(essential: true) { batch in
                    try ExpiryCommands.expireIfOverdue(id, in: batch)
                })
        } catch {
            return .failure(Problem(hold: id, cause: "\(error)"))
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
