public import Contracts
import FoundationEssentials
public import Lifecycle
import Publishing
public import RPC
public import Storage

/// Inventory's methods: each checks what the request says, runs one command in a batch or one
/// query beside it, and answers. What is decided lies in Rules, what is stored in Store.
public struct InventoryService: Sendable {
    private let world: World
    private let database: Database
    private let timeZones: TimeZones

    /// - Parameter timeZones: those that an event may be in.
    public init(world: World, database: Database, timeZones: TimeZones) {
        self.world = world
        self.database = database
        self.timeZones = timeZones
    }

    /// What runs beside the methods for as long as the process lives.
    public var jobs: [any Service] {
        let jobs: [any Service] = [
            Sweeper(world: world, database: database), housekeeping,
            ClockRepair.holds(in: database, world: world),
        ]
        return jobs.map { LeasedJob($0, of: database, world: world) }
    }

    var housekeeping: Housekeeping {
        Housekeeping(database, world: world) { try HoldQueries.forget($0, before: $1, limit: $2) }
    }

    public func register(on router: inout Router) {
        router.handle(InventoryAPI.createEvent, createEvent)
        router.handle(InventoryAPI.publishEvent, publishEvent)
        router.handle(InventoryAPI.getEvent, getEvent)
        router.handle(InventoryAPI.putTicketType, putTicketType)
        router.handle(InventoryAPI.reserve, reserve)
        router.handle(InventoryAPI.getHold, getHold)
        router.handle(InventoryAPI.extendHold, extendHold)
        router.handle(InventoryAPI.releaseHold, releaseHold)
        router.handle(InventoryAPI.listHolds, listHolds)
        router.handle(InventoryAPI.beginCommit, beginCommit)
        router.handle(InventoryAPI.reopenHold, reopenHold)
        router.handle(InventoryAPI.consumeHold, consumeHold)
        router.handle(InventoryAPI.getAvailability, getAvailability)
        router.handle(InventoryAPI.listAudit, listAudit)
        router.handle(InventoryAPI.sweepExpired, sweepExpired)
        router.handle(InventoryAPI.readEvents, readEvents)
        router.handle(InventoryAPI.verifyInvariants, verifyInvariants)
        router.handle(InventoryAPI.compareHistory, compareHistory)
        router.handle(InventoryAPI.resumeSales, resumeSales)
        router.handle(InventoryAPI.setClock) { try await database.setClock($0, $1, world.log) }
        router.handle(InventoryAPI.stats, stats)
        router.handle(InventoryAPI.health) { _, _ in try await database.health() }
    }
}

// MARK: Events and ticket types

extension InventoryService {
    func createEvent(_ request: CreateEventRequest, _ call: CallContext) async throws -> EventReply
    {
        let event = try CatalogueRules.event(request, in: timeZones)
        return try await database.write { batch in
            try CatalogueCommands.create(event, asked: request, actor: call.caller, in: batch)
        }
    }

    func publishEvent(
        _ request: PublishEventRequest, _ call: CallContext
    ) async throws -> EventReply {
        try await database.write { batch in
            try CatalogueCommands.publish(request, actor: call.caller, in: batch)
        }
    }

    func getEvent(_ request: GetEventRequest, _ call: CallContext) async throws -> EventReply {
        let event = try await database.read { reader in
            try CatalogueQueries.event(request, seesDrafts: call.isStaff, in: reader)
        }
        guard let event else { throw RPCError.unknown(.event, request.eventId) }
        return event
    }

    func putTicketType(
        _ request: PutTicketTypeRequest, _ call: CallContext
    ) async throws -> TicketTypeReply {
        try await database.write { batch in
            try CatalogueCommands.put(request, actor: call.caller, in: batch)
        }
    }
}

// MARK: Holds

extension InventoryService {
    func reserve(_ request: ReserveRequest, _ call: CallContext) async throws -> HoldReply {
        try SaleRules.check(request)
        try call.mayPass(request.fence)
        try call.mayName(request.reference)
        try call.mayHold(for: request.purpose)
        guard !database.isRestored else { throw RPCError.stockUnverified }
        let command = ReserveCommand(request: request, buyer: Buyer(call))
        return try await database.write(call.lane) { try command.run($0) }.get()
    }

    func getHold(_ request: GetHoldRequest, _ call: CallContext) async throws -> HoldReply {
        let hold = try await database.read { try HoldQueries.hold(request.holdId, in: $0) }
        guard let hold, call.mayTouch(hold.owner) else {
            throw RPCError.unknown(.hold, request.holdId)
        }
        return hold
    }

    func extendHold(_ request: ExtendHoldRequest, _ call: CallContext) async throws -> HoldReply {
        let isOnce = !call.roles.contains(.operator)
        return try await run(
            request.holdId, .extend(atLeastMs: request.atLeastMs, isOnce: isOnce), call)
    }

    /// Gives stock back, so it passes while the disk is nearly full.
    func releaseHold(_ request: ReleaseHoldRequest, _ call: CallContext) async throws -> HoldReply {
        try call.mayPass(request.fence)
        try call.maySay(request.reason)
        let command = HoldCommand(
            holdId: request.holdId, move: .release(request.fence), call: call,
            releaseReason: request.reason)
        return try await database.write(call.lane, essential: true) { try command.run($0) }.get()
    }

    func listHolds(_ request: ListHoldsRequest, _ call: CallContext) async throws -> ListHoldsReply
    {
        try await database.read { try HoldQueries.list(request, in: $0) }
    }

    func beginCommit(_ request: BeginCommitRequest, _ call: CallContext) async throws -> HoldReply {
        let fence = Fence(orderId: request.orderId, epoch: request.epoch)
        return try await run(
            request.holdId, .beginCommit(fence, allowReclaim: request.allowReclaim), call)
    }

    func reopenHold(_ request: ReopenHoldRequest, _ call: CallContext) async throws -> HoldReply {
        let fence = Fence(orderId: request.orderId, epoch: request.epoch)
        return try await run(request.holdId, .reopen(fence), call)
    }

    func consumeHold(_ request: ConsumeHoldRequest, _ call: CallContext) async throws -> HoldReply {
        try await run(request.holdId, .consume(orderId: request.orderId), call)
    }

    /// Moves of a hold that exists; those of a saga finish what was begun, and pass while the disk
    /// is nearly full.
    private func run(
        _ holdId: UUID, _ move: HoldMove, _ call: CallContext
    ) async throws -> HoldReply {
        let command = HoldCommand(holdId: holdId, move: move, call: call)
        let isSaga = call.lane == .saga
        return try await database.write(call.lane, essential: isSaga) { try command.run($0) }.get()
    }
}

// MARK: Stock, feed, checks

extension InventoryService {
    func getAvailability(
        _ request: GetAvailabilityRequest, _ call: CallContext
    ) async throws -> AvailabilityReply {
        // Orders compares what it sold, whatever has become of the event.
        let seesDrafts = call.isStaff || call.roles.contains(.orders)
        let reply = try await database.read {
            try StockQueries.availability(request, seesDrafts: seesDrafts, in: $0)
        }
        guard let reply else { throw RPCError.unknown(.event, request.eventId) }
        return reply
    }

    func listAudit(_ request: ListAuditRequest, _ call: CallContext) async throws -> ListAuditReply
    {
        try await database.read { try StockQueries.audit(request, in: $0) }
    }

    func sweepExpired(
        _ request: SweepExpiredRequest, _ call: CallContext
    ) async throws -> SweepExpiredReply {
        try await Sweeper(world: world, database: database)
            .sweep(limit: request.limit ?? Sweeper.batchLimit)
    }

    func readEvents(_ request: FeedRequest, _ call: CallContext) async throws -> FeedReply {
        try await database.feed.page(request, call, on: world.scheduler)
    }

    func verifyInvariants(_ request: VerifyRequest, _ call: CallContext) async throws -> VerifyReply
    {
        try await database.survey { reader in
            if let event = request.eventId, try reader.find(EventRow.self, event) == nil {
                throw RPCError.unknown(.event, event)
            }
            return try Invariants(of: request.eventId, in: reader).verify()
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

    func stats(_ request: StatsRequest, _ call: CallContext) async throws -> StatsReply {
        StatsReply(counters: database.counters(with: world.metrics))
    }
}

extension CallContext {
    /// Sagas finish what was begun, so they go first.
    fileprivate var lane: Lane { roles.contains(.orders) ? .saga : .normal }

    /// Who names what a hold is for is told of its end.
    fileprivate func mayName(_ reference: HoldReference?) throws {
        guard reference == nil || roles.contains(.orders) else {
            throw RPCError(.permissionDenied, "only Orders may give a hold a reference")
        }
    }

    /// Only Orders speaks for an order.
    fileprivate func mayPass(_ fence: Fence?) throws {
        guard fence == nil || roles.contains(.orders) else {
            throw RPCError(.permissionDenied, "only Orders may pass a fence")
        }
    }

    /// Orders asks for a purpose only once it has seen the staff's role.
    fileprivate func mayHold(for purpose: HoldPurpose?) throws {
        guard let purpose, purpose != .checkout, !isStaff, !roles.contains(.orders) else { return }
        throw RPCError(
            .permissionDenied,
            "purpose \(purpose.word) is for staff: leave it out, or name an actor of kind staff, "
                + "if the credential of \(identity) allows one")
    }

    /// Nobody's word is taken for another's: SAGA is Orders' own, the other reasons are staff's.
    fileprivate func maySay(_ reason: ReleaseReason) throws {
        guard ReleaseReason.given.contains(reason) else {
            throw RPCError.invalid("reason", "is said by Inventory alone")
        }
        let isAllowed =
            ReleaseReason.gateways.contains(reason) || roles.contains(.orders)
            || (isStaff && reason != .saga)
        guard !isAllowed else { return }
        let words = isStaff ? ReleaseReason.given.filter { $0 != .saga } : ReleaseReason.gateways
        let own = words.map(\.word).joined(separator: " or ")
        throw RPCError(
            .permissionDenied, "reason \(reason.word) is not for \(identity) to give; say \(own)")
    }
}
