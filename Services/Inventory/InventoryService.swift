public import Contracts
import FoundationEssentials
public import Lifecycle
import Publishing
public import RPC
public import Storage

/// The Inventory service: what may be sold, how much of it is left, and who has it for a while.
/// Each room answers its own methods: it checks what the request says, runs one command in a batch
/// or one query beside it, and answers.
public final class InventoryService: Sendable {
    let world: World
    let database: Database
    let timeZones: TimeZones
    let board: Board

    /// - Parameter timeZones: those that an event may be in.
    public init(world: World, database: Database, timeZones: TimeZones) {
        self.world = world
        self.database = database
        self.timeZones = timeZones
        board = Board(world: world, database: database)
    }

    /// What runs beside the methods for as long as the process lives.
    public var jobs: [any Service] {
        let jobs: [any Service] = [
            SweepJob(world: world, database: database), housekeeping,
            ClockRepair.holds(in: database, world: world),
        ]
        return jobs.map { LeasedJob($0, of: database, world: world) }
    }

    var housekeeping: Housekeeping {
        Housekeeping(database, world: world) { try HoldQueries.forget($0, before: $1, limit: $2) }
    }

    public func register(on router: inout Router) {
        registerCatalogue(on: &router)
        registerStock(on: &router)
        registerHolds(on: &router)
        router.handleStandard(InventoryAPI.self, of: database, world: world)
        router.handle(InventoryAPI.verifyInvariants, verifyInvariants)
        router.handle(InventoryAPI.compareHistory, compareHistory)
        router.handle(InventoryAPI.resumeSales, resumeSales)
    }
}

// MARK: Its own store

extension InventoryService {
    func verifyInvariants(_ request: VerifyRequest, _ call: CallContext) async throws -> VerifyReply
    {
        try await database.survey { reader in
            if let event = request.eventId, try reader.find(EventRow.self, event) == nil {
                throw RPCError.unknown(.event, event)
            }
            return try InventoryChecks(of: request.eventId, in: reader).verify()
        }
    }

    /// A peer that saw more of this store than there is shows that it was put back from a backup.
    func compareHistory(
        _ request: HistoryRequest, _ call: CallContext
    ) async throws -> HistoryReply {
        if let feedId = request.feedId,
            try await database.compare(seen: feedId, batch: request.batch)
        {
            world.metrics.count("store.restored")
            world.log.error(
                "store.restored", ["told_by": call.caller, "seen_batch": request.batch])
        }
        return try await database.history()
    }

    func resumeSales(
        _ request: ResumeSalesRequest, _ call: CallContext
    ) async throws -> HistoryReply {
        if try await database.trust() {
            world.log.warning(
                "sales.resumed", ["by": call.caller, "reason": request.reason])
        }
        return try await database.history()
    }
}
