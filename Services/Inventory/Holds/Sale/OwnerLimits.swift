import Contracts
import FoundationEssentials
import RPC
import Storage

// How many tickets of a type one owner may have is a pool of its own for each owner, so that
// several orders cannot pass the limit together.
extension Stock {
    /// Brings the pool of a hold's owner to the limit of today, which never goes below what the
    /// owner has; nil when the line fits, or the type has no limit.
    ///
    /// - Parameter own: what the hold has of that pool already.
    mutating func limitOwner(
        of hold: Hold, _ line: HeldLine, of type: TicketTypeView, beside own: Int64 = 0
    ) throws -> RPCError? {
        guard let limit = type.perOwnerLimit, let owner = hold.owner, let eventId = hold.eventId
        else { return nil }
        let id = Pool.ownerPoolId(type.ticketTypeId, owner)
        let taken: Int64
        if let pool = try pool(id) {
            taken = pool.held + pool.sold
            try set(capacity: max(limit, taken), of: id, for: hold.id)
        } else {
            taken = 0
            make(Pool(id: id, kind: .owner, eventId: eventId, capacity: limit), for: hold.id)
        }
        let used = taken - own
        guard used + line.quantity > limit else { return nil }
        return .ownerLimit(type.ticketTypeId, limit: limit, used: used)
    }
}
