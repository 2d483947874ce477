import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage

/// One move of a hold that exists, in one batch.
struct HoldCommand: Sendable {
    let holdId: UUID
    let move: HoldMove
    let call: CallContext
    var releaseReason = ReleaseReason.saga

    func run(_ batch: Batch) throws -> HoldOutcome {
        guard var hold = try batch.find(Hold.self, holdId), call.mayTouch(hold.owner) else {
            return try unknown(batch)
        }
        if let reference = hold.reference, !call.mayMove(reference) {
            return .failure(.referenced(reference))
        }
        if hold.isOverdue(at: batch.now) {
            hold = try ExpiryCommands.expire(hold, in: batch)
        }
        let decision = try HoldRules.decide(hold, move, now: batch.now) {
            try hasRoom(for: hold, batch)
        }
        switch decision {
        case .refused(let refusal): return .failure(refusal)
        case .stands: return .success(try HoldReply(hold, at: batch.now, in: batch))
        case .becomes(let next, let stockMove):
            try write(next, stockMove, batch)
            return .success(try HoldReply(next, at: batch.now, in: batch))
        }
    }

    private func write(_ hold: Hold, _ stockMove: StockMove?, _ batch: Batch) throws {
        var stock = Stock(batch, actor: call.caller)
        if let stockMove { try stock.move(stockMove, hold) }
        try stock.note(expiryOf: hold)
        try stock.save()
        try batch.update(hold)
        // Its end is told with the stock, though none may have moved.
        if let eventId = hold.eventId { batch.touch(eventId) }
        switch stockMove {
        case .expire: Facts.expired(hold, in: batch)
        case .release: Facts.released(hold, releaseReason, in: batch)
        default: break
        }
    }

    /// A late payment may take stock again if the event allows it *and* every pool has room, once
    /// what is over has been given back. The owner's limit is not looked at again.
    private func hasRoom(for hold: Hold, _ batch: Batch) throws -> Bool {
        guard let eventId = hold.eventId,
            let event = try batch.find(EventRow.self, eventId)?.event,
            event.lateReclaim, event.status != .cancelled
        else { return false }
        let shares = hold.shares
        func fits() throws -> Bool {
            try shares.allSatisfy { share in
                try batch.find(Pool.self, share.poolId)?.hasRoom(for: share.quantity) ?? false
            }
        }
        if try fits() { return true }
        return try ExpiryCommands.reap(eventId, in: batch) && fits()
    }

    /// A release that comes before its Reserve leaves a tombstone, so that the late Reserve is
    /// refused; anything else has nothing to act on. A buyer's neither: the id may be another's.
    private func unknown(_ batch: Batch) throws -> HoldOutcome {
        guard case .release = move, call.buyer == nil else {
            return .failure(.unknown(.hold, holdId))
        }
        let tombstone = Hold.tombstone(holdId, at: batch.now)
        try batch.insert(tombstone)
        return .success(try HoldReply(tombstone, at: batch.now, in: batch))
    }
}

extension CallContext {
    /// What belongs to a checkout is none of a gateway's business.
    fileprivate func mayMove(_ reference: HoldReference) -> Bool {
        roles.contains(.orders) || isStaff
    }
}
