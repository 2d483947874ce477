import Contracts
import FoundationEssentials
import Lifecycle
import Storage

/// Something scarce: how many there are, how many are promised, how many are sold. It always
/// holds that `held + sold <= capacity`; no capacity means no limit, but is counted all the same.
struct Pool: Sendable, Hashable {
    /// The event's or ticket type's own id, or one derived from ticket type and owner.
    let id: UUID
    let kind: PoolKind
    let eventId: UUID
    var capacity: Int64?
    var held: Int64 = 0
    var sold: Int64 = 0
    /// The number of the newest audit entry; owners' pools have none.
    var seq: Int64 = 0
    /// Of an event's pool: no ACTIVE hold of the event ends before; nil when there is none. It may
    /// be earlier than any of them.
    var nextExpiryAt: Instant?

    /// What is left; nil without a limit.
    var available: Int64? { capacity.map { max(0, $0 - held - sold) } }

    func hasRoom(for quantity: Int64) -> Bool { available.map { quantity <= $0 } ?? true }

    /// The pool after a move of so many.
    ///
    /// - Throws: `corrupt` when the numbers would leave their bounds, which means that a hold and
    ///   its pool contradict each other.
    func after(_ move: StockMove, _ quantity: Int64) throws(StorageError) -> Pool {
        let (heldChange, soldChange): (Int64, Int64) =
            switch move {
            case .reserve, .reclaim, .resize: (quantity, 0)
            case .release, .expire: (0 &- quantity, 0)
            case .sell: (0 &- quantity, quantity)
            }
        let (held, heldOverflow) = self.held.addingReportingOverflow(heldChange)
        let (sold, soldOverflow) = self.sold.addingReportingOverflow(soldChange)
        let (taken, takenOverflow) = held.addingReportingOverflow(sold)
        guard quantity >= 0 || move == .resize, held >= 0, !heldOverflow, !soldOverflow,
            !takenOverflow,
            taken <= capacity ?? Int64.max
        else {
            throw StorageError(
                .corrupt,
                "pool \(id): \(move) of \(quantity) does not fit held \(self.held), "
                    + "sold \(self.sold)")
        }
        var pool = self
        pool.held = held
        pool.sold = sold
        return pool
    }

    /// The pool that counts one owner's tickets of a type.
    static func ownerPoolId(_ ticketTypeId: UUID, _ owner: String) -> UUID {
        UUID.derived(from: ticketTypeId, "owner:" + owner)
    }
}

/// How a hold moves the stock of its pools, all of them or none.
enum StockMove: Sendable {
    case reserve, reclaim, release, expire, sell
    /// By so many more or, below zero, fewer.
    case resize

    var action: AuditAction {
        switch self {
        case .reserve: .reserve
        case .reclaim: .reclaim
        case .release: .release
        case .expire: .expire
        case .sell: .sale
        case .resize: .resize
        }
    }
}

/// So many out of one pool.
struct PoolShare: Sendable, Hashable {
    let poolId: UUID
    let kind: PoolKind
    let quantity: Int64
}

extension Hold {
    /// What the hold took at Reserve, and moves in every later step: each line from its ticket
    /// type and where it was limited from its owner's pool, and all of them from the event.
    var shares: [PoolShare] {
        guard let eventId, let owner else { return [] }
        var shares: [PoolShare] = []
        shares.reserveCapacity(lines.count + 1)
        var total: Int64 = 0
        for line in lines {
            total += line.quantity
            shares.append(
                PoolShare(poolId: line.ticketTypeId, kind: .ticketType, quantity: line.quantity))
            if line.isOwnerLimited {
                shares.append(
                    PoolShare(
                        poolId: Pool.ownerPoolId(line.ticketTypeId, owner), kind: .owner,
                        quantity: line.quantity))
            }
        }
        shares.append(PoolShare(poolId: eventId, kind: .event, quantity: total))
        return shares
    }
}
