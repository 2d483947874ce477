import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Text
import Wire

/// Reserve, in one batch: every line out of every pool, or a refusal that stands under the hold's
/// id for ever.
struct ReserveCommand: Sendable {
    let request: ReserveRequest
    let buyer: Buyer

    func run(_ batch: Batch) throws -> HoldOutcome {
        if let hold = try batch.find(Hold.self, request.holdId) {
            return try replay(of: hold, batch)
        }
        guard let event = try batch.find(EventRow.self, request.eventId)?.event,
            buyer.isStaff || event.status != .draft
        else {
            return try refuse(.unknown(.event, request.eventId), batch)
        }
        let types = try request.lines.map {
            try batch.find(TicketTypeRow.self, $0.ticketTypeId)?.type
        }
        if let refusal = SaleRules.refusal(
            request, of: event, types: types, to: buyer, at: batch.now)
        {
            return try refuse(refusal, batch)
        }
        guard let lines = SaleRules.price(request.lines, types: types, fee: event.feePerTicket)
        else {
            let most = Money(PaymentLimits.maxAmount, event.currency).text
            throw RPCError.invalid("lines", "cost more than one payment holds, \(most)")
        }
        let replaced: Hold?
        switch try holdToReplace(of: event, batch) {
        case .success(let hold): replaced = hold
        case .failure(let refusal): return try refuse(refusal, batch)
        }
        let hold = SaleRules.hold(request, lines: lines, of: event, at: batch.now)
        let outcome = try take(hold, types: types, replaced, batch)
        if case .success = outcome { try noteOpen(hold, of: event, batch) }
        return outcome
    }

    /// Takes the stock; when there is too little, expired holds of this event are reaped first,
    /// and then it is tried once more.
    private func take(
        _ hold: Hold, types: [TicketTypeView?], _ replaced: Hold?, _ batch: Batch
    ) throws -> HoldOutcome {
        var trial = Stock(batch, actor: buyer.caller)
        var refusal = try attempt(hold, types: types, replaced, on: &trial, batch)
        if refusal != nil, try ExpiryCommands.reap(request.eventId, in: batch) {
            trial = Stock(batch, actor: buyer.caller)
            // The reap may have expired the hold that is to be replaced.
            let left = try replaced.flatMap { try batch.find(Hold.self, $0.id) }
            let stillTakes = left?.takesStock == true ? left : nil
            refusal = try attempt(hold, types: types, stillTakes, on: &trial, batch)
            if refusal == nil { return try grant(hold, stillTakes, trial, batch) }
        }
        if let refusal { return try refuse(refusal, batch) }
        return try grant(hold, replaced, trial, batch)
    }

    /// Stages the moves of the pools in `stock`; nil when everything fits.
    private func attempt(
        _ hold: Hold, types: [TicketTypeView?], _ replaced: Hold?, on stock: inout Stock,
        _ batch: Batch
    ) throws -> RPCError? {
        if let replaced { try stock.move(.release, replaced) }
        for (line, type) in zip(hold.lines, types) {
            if let type, let refusal = try stock.limitOwner(of: hold, line, of: type) {
                return refusal
            }
        }
        if let refusal = try stock.shortage(for: hold, at: batch.now) { return refusal }
        try stock.move(.reserve, hold)
        try stock.note(expiryOf: hold)
        return nil
    }

    private func grant(
        _ hold: Hold, _ replaced: Hold?, _ stock: Stock, _ batch: Batch
    ) throws -> HoldOutcome {
        try stock.save()
        try batch.insert(hold)
        for share in hold.shares { try batch.insert(HoldPoolRow(hold, share)) }
        if var replaced {
            replaced.state = .released
            try batch.update(replaced)
            Facts.released(replaced, .replaced, in: batch)
        }
        if let id = request.replaces, try batch.find(Hold.self, id) == nil {
            try batch.insert(Hold.tombstone(id, at: batch.now))
        }
        return .success(try HoldReply(hold, at: batch.now, in: batch))
    }

    /// The hold whose stock the new one takes over; nil when it takes none any more.
    private func holdToReplace(
        of event: EventView, _ batch: Batch
    ) throws -> Result<Hold?, RPCError> {
        guard let id = request.replaces else { return try openHold(of: event, batch) }
        guard let hold = try batch.find(Hold.self, id), let owner = hold.owner else {
            // To a buyer, another's hold is like none.
            return buyer.isBound ? .failure(.unknown(.hold, id)) : try openHold(of: event, batch)
        }
        guard owner.isSame(as: request.owner), hold.eventId == request.eventId else {
            return .failure(.unknown(.hold, id))
        }
        switch hold.state {
        case .active: return .success(hold)
        case .committing: return .failure(.openHold(hold))
        case .consumed: return .failure(.holdRefusal(hold))
        default: return try openHold(of: event, batch)
        }
    }

    /// The owner's open hold, where the event allows one and has the new one replace it.
    private func openHold(of event: EventView, _ batch: Batch) throws -> Result<Hold?, RPCError> {
        guard let key = ownerKey(of: event),
            let id = try batch.find(OwnerHoldRow.self, key)?.holdId,
            let hold = try batch.find(Hold.self, id), hold.takesStock,
            !hold.isOverdue(at: batch.now)
        else { return .success(nil) }
        let isFree = event.openCheckouts == .replace && hold.state != .committing
        return isFree ? .success(hold) : .failure(.openHold(hold))
    }

    private func noteOpen(_ hold: Hold, of event: EventView, _ batch: Batch) throws {
        guard let key = ownerKey(of: event) else { return }
        let row = OwnerHoldRow(key, hold.id)
        if try batch.find(OwnerHoldRow.self, key) == nil {
            try batch.insert(row)
        } else {
            try batch.update(row)
        }
    }

    /// Nil where nobody counts: staff holds what it likes.
    private func ownerKey(of event: EventView) -> OwnerHoldRow.Key? {
        guard event.openCheckouts != .allow, request.purpose ?? .checkout == .checkout else {
            return nil
        }
        return OwnerHoldRow.Key(eventId: event.eventId, owner: ByteText(request.owner))
    }

    private func refuse(_ refusal: RPCError, _ batch: Batch) throws -> HoldOutcome {
        try batch.insert(
            SaleRules.refused(request, as: StoredRefusal.bytes(of: refusal), at: batch.now))
        return .failure(refusal)
    }

    /// The same request again: the hold as it is, or the refusal that it got.
    private func replay(of hold: Hold, _ batch: Batch) throws -> HoldOutcome {
        guard let owner = hold.owner else { return .failure(.holdRefusal(hold)) }
        // A buyer is told nothing of another's hold but that it is not theirs.
        let isOthers = buyer.isBound && !owner.isSame(as: request.owner)
        let first = SaleRules.request(of: hold, asked: request)
        let differences = isOthers ? ["owner"] : request.differences(from: first)
        // What was asked for at first is no longer known.
        if differences == ["lines"], hold.revision > 1 { return .failure(.holdExists(hold)) }
        guard differences.isEmpty else { return .failure(.differing(differences)) }
        if let refusal = hold.refusal {
            return .failure(try StoredRefusal.refusal(in: refusal))
        }
        if let fence = request.fence, hold.isFenced(against: fence) {
            return .failure(.fenced(hold))
        }
        var current = hold
        if let fence = request.fence, hold.takesStock, fence.epoch > hold.epoch ?? 0 {
            current = hold.raised(to: fence)
            try batch.update(current)
        }
        // From here on it is the checkout's, whoever made it.
        if current.reference == nil, current.takesStock, let reference = request.reference {
            current.reference = reference
            try batch.update(current)
        }
        if current.isOverdue(at: batch.now) {
            current = try ExpiryCommands.expire(current, in: batch)
        }
        return .success(try HoldReply(current, at: batch.now, in: batch))
    }
}
