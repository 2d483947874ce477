import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage

/// Another selection for a hold, in one batch: every line out of every pool, or nothing is changed.
/// The hold's time stays as it is, whatever comes of it.
struct ResizeCommand: Sendable {
    let request: ResizeHoldRequest
    let call: CallContext

    func run(_ batch: Batch) throws -> HoldOutcome {
        guard var hold = try batch.find(Hold.self, request.holdId), call.mayTouch(hold.owner) else {
            return .failure(.unknown(.hold, request.holdId))
        }
        if hold.isOverdue(at: batch.now) { hold = try ExpiryCommands.expire(hold, in: batch) }
        guard request.revision > hold.revision else {
            return .success(try HoldReply(hold, at: batch.now, in: batch))
        }
        if let reference = hold.reference, !call.roles.contains(.orders) {
            return .failure(.referenced(reference))
        }
        guard hold.state == .active, let eventId = hold.eventId,
            let event = try batch.find(EventRow.self, eventId)?.event
        else { return .failure(.holdRefusal(hold)) }
        // An order was over these lines, and may be again.
        if hold.orderId != nil, !call.roles.contains(.orders) { return .failure(.ordered(hold)) }
        guard !request.lines.isEmpty else { return try release(hold, batch) }
        let types = try request.lines.map {
            try batch.find(TicketTypeRow.self, $0.ticketTypeId)?.type
        }
        if let refusal = SaleRules.refusal(
            request.lines, for: hold, of: event, types: types, to: Buyer(call), at: batch.now)
        {
            return .failure(refusal)
        }
        guard
            let lines = SaleRules.price(
                request.lines, types: types, fee: event.feePerTicket, keeping: hold.lines)
        else {
            let most = Money(PaymentLimits.maxAmount, event.currency).text
            throw RPCError.invalid("lines", "cost more than one payment holds, \(most)")
        }
        var resized = hold
        resized.lines = lines
        resized.revision = request.revision
        return try take(resized, for: hold, types: types, in: eventId, batch)
    }

    /// Where there is too little, expired holds are reaped first, and then it is tried once more.
    private func take(
        _ resized: Hold, for hold: Hold, types: [TicketTypeView?], in eventId: UUID, _ batch: Batch
    ) throws -> HoldOutcome {
        var staged = try stage(resized, for: hold, types: types, batch)
        if case .failure = staged, try ExpiryCommands.reap(eventId, in: batch) {
            staged = try stage(resized, for: hold, types: types, batch)
        }
        switch staged {
        case .failure(let refusal): return .failure(refusal)
        case .success(let stock):
            try stock.save()
            try batch.update(resized)
            try HoldPoolRow.change(hold, to: resized, in: batch)
            return .success(try HoldReply(resized, at: batch.now, in: batch))
        }
    }

    private func stage(
        _ resized: Hold, for hold: Hold, types: [TicketTypeView?], _ batch: Batch
    ) throws -> Result<Stock, RPCError> {
        var stock = Stock(batch, actor: call.caller)
        for (line, type) in zip(resized.lines, types) {
            guard let type, line.quantity > hold.quantity(of: line.ticketTypeId) else { continue }
            let before = hold.lines.first { $0.ticketTypeId == line.ticketTypeId }
            let own = before?.isOwnerLimited == true ? before?.quantity ?? 0 : 0
            if let refusal = try stock.limitOwner(of: hold, line, of: type, beside: own) {
                return .failure(refusal)
            }
        }
        if let refusal = try stock.shortage(for: resized, beside: hold.shares, at: batch.now) {
            return .failure(refusal)
        }
        try stock.move(
            .resize, PoolShare.changes(from: hold.shares, to: resized.shares), of: resized)
        return .success(stock)
    }

    /// Nothing is wanted any more.
    private func release(_ hold: Hold, _ batch: Batch) throws -> HoldOutcome {
        var hold = hold
        hold.revision = request.revision
        try batch.update(hold)
        return try HoldCommand(
            holdId: hold.id, move: .release(nil), call: call, releaseReason: .buyer
        ).run(batch)
    }
}

extension PoolShare {
    /// What is taken more or, below zero, less of each pool.
    fileprivate static func changes(
        from before: [PoolShare], to after: [PoolShare]
    ) -> [PoolShare] {
        let gone = before.filter { share in !after.contains { $0.poolId == share.poolId } }
        let kept = after.map { share in
            let had = before.first { $0.poolId == share.poolId }?.quantity ?? 0
            return PoolShare(
                poolId: share.poolId, kind: share.kind, quantity: share.quantity - had)
        }
        let less = gone.map {
            PoolShare(poolId: $0.poolId, kind: $0.kind, quantity: 0 - $0.quantity)
        }
        let all = less + kept
        guard all.contains(where: { $0.quantity != 0 }) else { return [] }
        // The event's number rises though its sum may stay.
        return all.filter { $0.quantity != 0 || $0.kind == .event }
    }
}

extension HoldPoolRow {
    fileprivate static func change(_ hold: Hold, to resized: Hold, in batch: Batch) throws {
        let (before, after) = (hold.shares, resized.shares)
        for share in after {
            let row = HoldPoolRow(resized, share)
            let had = before.first { $0.poolId == share.poolId }
            if had == nil {
                try batch.insert(row)
            } else if had?.quantity != share.quantity {
                try batch.update(row)
            }
        }
        for share in before where !after.contains(where: { $0.poolId == share.poolId }) {
            try batch.delete(HoldPoolRow.self, HoldPoolRow(hold, share).key)
        }
    }
}
