import Contracts
import FoundationEssentials
import Lifecycle
import RPC

/// What somebody wants of a hold that exists.
enum HoldMove: Sendable {
    /// `isOnce`: only the first extension is granted.
    case extend(atLeastMs: Int64, isOnce: Bool)
    case beginCommit(Fence, allowReclaim: Bool)
    case reopen(Fence)
    /// With a fence it is the saga of the order that speaks.
    case release(Fence?)
    case consume(orderId: UUID)
}

enum HoldDecision: Sendable {
    /// Asked for before, or already so: answer the hold as it is.
    case stands
    case becomes(Hold, StockMove?)
    case refused(RPCError)
}

/// The transitions of a hold. The clock's own (ACTIVE to EXPIRED) comes first and elsewhere: a
/// hold whose time is over is expired by whoever touches it, and only then decided on.
enum HoldRules {
    /// What a buyer who goes step by step has after a declined payment, to pay in another way, and
    /// while one waits for them; never beyond the hold's maximum.
    static let reopenedForMs: Int64 = 120_000

    /// `hasRoom` tells whether every pool has room for the whole hold and the event's policy lets
    /// a late payment take it; it is asked only about an expired hold.
    static func decide(
        _ hold: Hold, _ move: HoldMove, now: Instant, hasRoom: () throws -> Bool
    ) rethrows -> HoldDecision {
        switch move {
        case .extend(let atLeastMs, let isOnce):
            extend(hold, atLeastMs: atLeastMs, isOnce: isOnce, now: now)
        case .beginCommit(let fence, let allowReclaim):
            try beginCommit(hold, fence, allowReclaim: allowReclaim, now: now, hasRoom: hasRoom)
        case .reopen(let fence): reopen(hold, fence, now: now)
        case .release(let fence): release(hold, fence)
        case .consume(let orderId): consume(hold, orderId)
        }
    }

    static func expired(_ hold: Hold) -> Hold {
        var hold = hold
        hold.state = .expired
        return hold
    }

    private static func extend(
        _ hold: Hold, atLeastMs: Int64, isOnce: Bool, now: Instant
    ) -> HoldDecision {
        guard hold.state == .active, let expiresAt = hold.expiresAt, let latest = hold.maxExpiresAt
        else { return .refused(.holdRefusal(hold)) }
        let wanted = now.advanced(byMs: atLeastMs)
        if wanted <= expiresAt { return .stands }
        if isOnce, hold.extensions > 0 {
            // The same request again gets the same answer, whether or not the first was heard.
            if hold.extendedMs == atLeastMs { return .stands }
            return .refused(.extendedOnce(latestMs: now.millisecondsUntil(expiresAt)))
        }
        if wanted > latest {
            return .refused(.extendLimit(latestMs: now.millisecondsUntil(max(expiresAt, latest))))
        }
        var extended = hold
        extended.expiresAt = wanted
        extended.extensions += 1
        extended.extendedMs = atLeastMs
        return .becomes(extended, nil)
    }

    private static func beginCommit(
        _ hold: Hold, _ fence: Fence, allowReclaim: Bool, now: Instant,
        hasRoom: () throws -> Bool
    ) rethrows -> HoldDecision {
        switch hold.state {
        case .active where hold.orderId == nil || hold.orderId == fence.orderId:
            if hold.isFenced(against: fence) { return .refused(.fenced(hold)) }
            return .becomes(hold.committing(fence, since: now), nil)
        case .committing where hold.orderId == fence.orderId:
            if hold.isFenced(against: fence) { return .refused(.fenced(hold)) }
            return hold.epoch == fence.epoch ? .stands : .becomes(hold.raised(to: fence), nil)
        case .expired where hold.orderId == nil || hold.orderId == fence.orderId:
            if hold.isFenced(against: fence) { return .refused(.fenced(hold)) }
            let isReclaimable = try hasRoom()
            guard allowReclaim, isReclaimable else {
                return .refused(.holdExpired(isReclaimable: isReclaimable))
            }
            var reclaimed = hold.committing(fence, since: now)
            reclaimed.isReclaimed = true
            return .becomes(reclaimed, .reclaim)
        default: return .refused(.holdRefusal(hold))
        }
    }

    private static func reopen(_ hold: Hold, _ fence: Fence, now: Instant) -> HoldDecision {
        guard [.active, .committing, .expired].contains(hold.state), hold.orderId == fence.orderId
        else { return .refused(.holdRefusal(hold)) }
        if hold.isFenced(against: fence) { return .refused(.fenced(hold)) }
        guard hold.state == .committing, let latest = hold.maxExpiresAt else { return .stands }
        var reopened = hold.raised(to: fence)
        reopened.committingSince = nil
        if now >= latest { return .becomes(expired(reopened), .expire) }
        reopened.state = .active
        let again = now.advanced(byMs: reopenedForMs)
        reopened.expiresAt = min(max(hold.expiresAt ?? again, again), latest)
        return .becomes(reopened, nil)
    }

    private static func release(_ hold: Hold, _ fence: Fence?) -> HoldDecision {
        switch hold.state {
        case .refused, .released: return .stands
        case .expired:
            // A BeginCommit that is still on its way must not take the stock again, for nobody.
            guard let fence, hold.orderId == nil || hold.orderId == fence.orderId else {
                return .stands
            }
            if hold.isFenced(against: fence) { return .refused(.fenced(hold)) }
            var closed = hold
            closed.state = .released
            return .becomes(closed, nil)
        case .active, .committing:
            let isOthers = fence.map { hold.orderId != nil && hold.orderId != $0.orderId } ?? false
            if isOthers || (hold.state == .committing && fence == nil) {
                return .refused(.holdRefusal(hold))
            }
            if let fence, hold.isFenced(against: fence) { return .refused(.fenced(hold)) }
            var released = hold
            released.state = .released
            released.committingSince = nil
            return .becomes(released, .release)
        default: return .refused(.holdRefusal(hold))
        }
    }

    /// Forward is always right: the order alone is compared, not the epoch.
    private static func consume(_ hold: Hold, _ orderId: UUID) -> HoldDecision {
        switch hold.state {
        case .consumed where hold.orderId == orderId: return .stands
        case .committing where hold.orderId == orderId:
            var consumed = hold
            consumed.state = .consumed
            consumed.committingSince = nil
            return .becomes(consumed, .sell)
        default: return .refused(.holdRefusal(hold))
        }
    }
}

extension Hold {
    /// A later runner of this order has spoken than the one who speaks now.
    func isFenced(against fence: Fence) -> Bool {
        orderId == fence.orderId && fence.epoch < epoch ?? 0
    }

    func raised(to fence: Fence) -> Hold {
        var hold = self
        hold.epoch = fence.epoch
        return hold
    }

    fileprivate func committing(_ fence: Fence, since now: Instant) -> Hold {
        var hold = raised(to: fence)
        hold.state = .committing
        hold.orderId = fence.orderId
        hold.committingSince = now
        return hold
    }
}
