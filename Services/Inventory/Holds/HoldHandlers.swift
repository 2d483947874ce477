import Contracts
import FoundationEssentials
import RPC
import Storage

/// Holds: stock that somebody has for a while, and what Orders does with it.
extension InventoryService {
    func registerHolds(on router: inout Router) {
        router.handle(InventoryAPI.reserve, reserve)
        router.handle(InventoryAPI.getHold, getHold)
        router.handle(InventoryAPI.extendHold, extendHold)
        router.handle(InventoryAPI.resizeHold, resizeHold)
        router.handle(InventoryAPI.releaseHold, releaseHold)
        router.handle(InventoryAPI.listHolds, listHolds)
        router.handle(InventoryAPI.beginCommit, beginCommit)
        router.handle(InventoryAPI.reopenHold, reopenHold)
        router.handle(InventoryAPI.consumeHold, consumeHold)
        router.handle(InventoryAPI.sweepExpired, sweepExpired)
    }

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

    func resizeHold(_ request: ResizeHoldRequest, _ call: CallContext) async throws -> HoldReply {
        try SaleRules.checkDistinct(request.lines)
        // To give all of it back is a release.
        let isRelease = request.lines.isEmpty
        guard isRelease || !database.isRestored else { throw RPCError.stockUnverified }
        let command = ResizeCommand(request: request, call: call)
        return try await database.write(call.lane, essential: isRelease) { try command.run($0) }
            .get()
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

    func sweepExpired(
        _ request: SweepExpiredRequest, _ call: CallContext
    ) async throws -> SweepExpiredReply {
        try await SweepJob(world: world, database: database)
            .sweep(limit: request.limit ?? SweepJob.batchLimit)
    }
}

extension CallContext {
    /// Sagas finish what was begun, so they go first.
    fileprivate var lane: Lane { roles.contains(.orders) ? .saga : .normal }

    /// The service that a hold's reference belongs to acts on the hold's end: only Orders does.
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
