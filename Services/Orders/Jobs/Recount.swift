import Contracts
import FoundationEssentials
import Lifecycle
import Storage

/// Counts all checkouts once an hour and mends the kept count: an instance of a release before
/// there was one, working beside this one, changes no count.
struct Recount: Service {
    private static let everyMs: Int64 = 3_600_000

    let world: World
    let database: Database

    let name = "recount"

    func run() async throws {
        while (try? await world.scheduler.sleep(ms: Self.everyMs)) != nil {
            do { try await recount() } catch {
                world.log.warning("recount_failed", ["error": "\(error)"])
            }
        }
    }

    /// Both counts are of one moment, and what is between them stays the same, whatever happens
    /// until it is added.
    func recount() async throws {
        let missing = try await database.survey { reader in
            let kept = try reader.checkoutTally()
            return try reader.checkoutStates().map { state, count in
                (state, count - (kept.first { $0.state == state }?.count ?? 0))
            }.filter { $0.1 != 0 }
        }
        guard !missing.isEmpty else { return }
        world.log.warning("recounted", ["states": missing.count])
        try await database.write { batch in
            for (state, count) in missing { try batch.tally(nil, state, count: count) }
        }
    }
}
