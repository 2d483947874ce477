internal import Wire

/// Where an event is in its life. CANCELLED is for ever.
public struct EventStatus: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let draft = EventStatus("DRAFT")
    public static let published = EventStatus("PUBLISHED")
    public static let unpublished = EventStatus("UNPUBLISHED")
    public static let cancelled = EventStatus("CANCELLED")
    /// Those that a method leads to today: the others are for stores of later versions.
    public static let known: [EventStatus] = [.draft, .published]
}

/// Why an event or a ticket type cannot be bought now, though there may be stock.
public struct NotOnSale: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Only staff sees it.
    public static let draft = NotOnSale("DRAFT")
    /// Its sale has not begun.
    public static let before = NotOnSale("BEFORE")
    /// Its sale has ended.
    public static let after = NotOnSale("AFTER")
    /// The ticket type is switched off.
    public static let disabled = NotOnSale("DISABLED")
    public static let known: [NotOnSale] = [.draft, .before, .after, .disabled]
}

/// Where a hold is in its life.
public struct HoldState: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Takes stock until `expiresAt`. Leaves by BeginCommit, ReleaseHold, or the clock.
    public static let active = HoldState("ACTIVE")
    /// Takes stock without a time limit: an order takes money for it.
    public static let committing = HoldState("COMMITTING")
    /// Its stock is sold. Final.
    public static let consumed = HoldState("CONSUMED")
    /// Gave its stock back, or never took any and never will (a tombstone). Final.
    public static let released = HoldState("RELEASED")
    /// Gave its stock back because its time was over; BeginCommit may take it again.
    public static let expired = HoldState("EXPIRED")
    /// Reserve was refused; the decision stands under this id. Final.
    public static let refused = HoldState("REFUSED")

    public static let known: [HoldState] = [
        .active, .committing, .consumed, .released, .expired, .refused,
    ]
}

/// What an event lets an owner do who has an open hold of it for a checkout, and asks for another.
public struct OpenCheckouts: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Any number side by side.
    public static let allow = OpenCheckouts("ALLOW")
    /// The one that is open stays, the new one is refused.
    public static let reject = OpenCheckouts("REJECT")
    /// The new one takes the place of the open one, unless an order takes money for that.
    public static let replace = OpenCheckouts("REPLACE")
    public static let known: [OpenCheckouts] = [.allow, .reject, .replace]
}

/// Why stock is held.
public struct HoldPurpose: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let checkout = HoldPurpose("CHECKOUT")
    public static let boxOffice = HoldPurpose("BOX_OFFICE")
    public static let admin = HoldPurpose("ADMIN")
    public static let known: [HoldPurpose] = [.checkout, .boxOffice, .admin]
}

/// What a hold may be made for.
public struct HoldReferenceKind: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A checkout or purchase of Orders.
    public static let checkout = HoldReferenceKind("CHECKOUT")
    public static let known: [HoldReferenceKind] = [.checkout]
}

/// Why stock was given back.
public struct ReleaseReason: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let buyer = ReleaseReason("BUYER")
    public static let failed = ReleaseReason("FAILED")
    public static let expired = ReleaseReason("EXPIRED")
    public static let admin = ReleaseReason("ADMIN")
    public static let saga = ReleaseReason("SAGA")
    /// Another hold of its owner took its place; only Inventory says so.
    public static let replaced = ReleaseReason("REPLACED")
    /// Those that a caller may give.
    public static let given: [ReleaseReason] = [.buyer, .failed, .expired, .admin, .saga]
    public static let known: [ReleaseReason] = given + [.replaced]
    /// What gateways may say: the others are the words of staff, the clock and Orders.
    public static let gateways: [ReleaseReason] = [.buyer, .failed]
}

/// What counts places: a whole event, a ticket type, or one owner's tickets of a type.
public struct PoolKind: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let event = PoolKind("EVENT")
    public static let ticketType = PoolKind("TICKET_TYPE")
    public static let owner = PoolKind("OWNER")

    public static let known: [PoolKind] = [.event, .ticketType, .owner]
}

/// What changed a pool.
public struct AuditAction: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The pool was made, or its capacity raised.
    public static let increase = AuditAction("INCREASE")
    public static let decrease = AuditAction("DECREASE")
    public static let reserve = AuditAction("RESERVE")
    public static let release = AuditAction("RELEASE")
    public static let expire = AuditAction("EXPIRE")
    /// An expired hold took its stock again, for a payment that came late.
    public static let reclaim = AuditAction("RECLAIM")
    public static let sale = AuditAction("SALE")
    /// A hold was resized: it takes more, or less.
    public static let resize = AuditAction("RESIZE")
    /// The event went on sale; no number changed, as with the next.
    public static let publish = AuditAction("PUBLISH")
    /// The ticket type was replaced: another price, name, window …
    public static let change = AuditAction("CHANGE")
    public static let known: [AuditAction] = [
        .increase, .decrease, .reserve, .release, .expire, .reclaim, .sale, .resize, .publish,
        .change,
    ]
}
