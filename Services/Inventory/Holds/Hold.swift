import Contracts
import FoundationEssentials
import Lifecycle

/// A promise of tickets to one owner, from Reserve to its end. Holds are never deleted once they
/// took stock.
///
/// A *tombstone* is a RELEASED hold without event and owner: its release came before its Reserve.
struct Hold: Sendable, Hashable {
    let id: UUID
    var state: HoldState
    let eventId: UUID?
    let owner: String?
    let purpose: HoldPurpose?
    var lines: [HeldLine]
    /// Rises when the lines are changed.
    var revision: Int64 = 1
    var createdAt: Instant
    /// As Reserve asked for it; a replay is compared with it.
    let ttlMs: Int64?
    var expiresAt: Instant?
    var maxExpiresAt: Instant?
    var extensions: Int64 = 0
    /// What the last extension asked for; the same again is a replay.
    var extendedMs: Int64?
    /// Reserve came with a fence.
    let isBornFenced: Bool
    /// The order that fenced it last, which stays when the hold is opened again.
    var orderId: UUID?
    var epoch: Int64?
    /// Since when it is COMMITTING.
    var committingSince: Instant?
    var isReclaimed = false
    let replaces: UUID?
    /// What it was made for; whoever owns that is told of its end.
    var reference: HoldReference?
    /// Of a REFUSED hold: the decision, for the replay.
    let refusal: [UInt8]?

    /// The one rule of time: a hold lives while `now < expiresAt`. Only an ACTIVE one can be late.
    func isOverdue(at now: Instant) -> Bool {
        guard state == .active, let expiresAt else { return false }
        return now >= expiresAt
    }

    /// As made now, and not in a time to come: a clock that was ahead made it, and it lasts no
    /// longer for that.
    func made(notAfter now: Instant) -> Hold {
        let aheadMs = max(0, now.millisecondsUntil(createdAt))
        var hold = self
        hold.createdAt = createdAt.advanced(byMs: -aheadMs)
        hold.expiresAt = expiresAt?.advanced(byMs: -aheadMs)
        hold.maxExpiresAt = maxExpiresAt?.advanced(byMs: -aheadMs)
        hold.committingSince = committingSince.map { min($0, now) }
        return hold
    }

    /// How many tickets of a type it has.
    func quantity(of ticketTypeId: UUID) -> Int64 {
        lines.first { $0.ticketTypeId == ticketTypeId }?.quantity ?? 0
    }

    /// Whether its quantities are counted as held.
    var takesStock: Bool { state == .active || state == .committing }

    static func tombstone(_ id: UUID, at now: Instant) -> Hold {
        Hold(
            id: id, state: .released, eventId: nil, owner: nil, purpose: nil, lines: [],
            createdAt: now, ttlMs: nil, expiresAt: nil, maxExpiresAt: nil, isBornFenced: false,
            replaces: nil, reference: nil, refusal: nil)
    }
}

/// One line of a hold with its price as it was when the hold was made.
struct HeldLine: Sendable, Hashable {
    let ticketTypeId: UUID
    let quantity: Int64
    let price: LinePrice
    /// The type had a limit per owner then, so the line also takes from the owner's pool, now and
    /// in every later move, whatever becomes of the limit.
    let isOwnerLimited: Bool

    /// What so many of its tickets cost, at most as many as it has: as was promised, but for the
    /// rate of the tax, which is that of today; nil where it does not fit.
    func price(of quantity: Int64, taxedAt basisPoints: Int64) -> LinePrice? {
        quantity == self.quantity
            ? price
            : LinePrice(
                unitPrice: price.unitPrice, quantity: quantity,
                feePerTicket: price.fee / self.quantity, taxBasisPoints: basisPoints)
    }
}
