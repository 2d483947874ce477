public import FoundationEssentials
public import Lifecycle
internal import Text
public import Wire

public struct GetAvailabilityRequest: Message {
    public let eventId: UUID
    /// Whose holds are counted as `heldByYou`.
    public let owner: String?

    public init(eventId: UUID, owner: String? = nil) {
        self.eventId = eventId
        self.owner = owner
    }

    public static let fields = [
        Field("eventId", .id),
        Field(
            "owner", .text(maxBytes: Bounds.ownerBytes, .raw), required: false,
            "whose holds are counted apart"),
    ]
}

public struct AvailabilityReply: Message, Hashable {
    /// Grows with every change of the event's stock.
    public let seq: Int64
    public let event: EventStock
    public let types: [TypeStock]

    public init(seq: Int64, event: EventStock, types: [TypeStock]) {
        self.seq = seq
        self.event = event
        self.types = types
    }

    public static let fields = [
        Field("seq", .integer(0...Int64.max), "grows with every change of the event's stock"),
        Field("event", .message(EventStock.fields)),
        Field("types", .list(.message(TypeStock.fields), maxCount: 500)),
    ]
}

/// What is left of an event. Holds that have expired count as free, swept or not.
public struct EventStock: Message, Hashable {
    /// Absent: no limit, and then nothing says how much is available.
    public let capacity: Int64?
    public let held: Int64
    public let sold: Int64
    /// 0 while it is not on sale.
    public let available: Int64?
    public let atCapacity: Bool
    /// Why nothing can be bought, whatever is left.
    public let why: NotOnSale?

    public init(
        capacity: Int64?, held: Int64, sold: Int64, available: Int64?, atCapacity: Bool,
        why: NotOnSale? = nil
    ) {
        self.capacity = capacity
        self.held = held
        self.sold = sold
        self.available = available
        self.atCapacity = atCapacity
        self.why = why
    }

    public static let fields = [
        Field("capacity", .integer(Bounds.capacity), required: false, "absent: no limit"),
        Field("held", .integer(0...Int64.max)),
        Field("sold", .integer(0...Int64.max)),
        Field(
            "available", .integer(0...Int64.max), required: false,
            "0 while not on sale; absent: no limit"),
        Field("atCapacity", .flag),
        Field.notOnSale,
    ]
}

public struct TypeStock: Message, Hashable {
    public let ticketTypeId: UUID
    /// The least of what the type and the event have left, 0 while it is not on sale; absent: no
    /// limit.
    public let available: Int64?
    public let heldByOthers: Int64
    public let heldByYou: Int64
    public let sold: Int64
    /// At most a tenth of the allocation, or of the event's capacity, is left.
    public let lowStock: Bool
    /// When the first hold of the event ends, if nobody pays for it.
    public let nextReleaseInMs: Int64?
    /// Why it cannot be bought, whatever is left.
    public let why: NotOnSale?

    public init(
        ticketTypeId: UUID, available: Int64?, heldByOthers: Int64, heldByYou: Int64, sold: Int64,
        lowStock: Bool, nextReleaseInMs: Int64?, why: NotOnSale? = nil
    ) {
        self.ticketTypeId = ticketTypeId
        self.available = available
        self.heldByOthers = heldByOthers
        self.heldByYou = heldByYou
        self.sold = sold
        self.lowStock = lowStock
        self.nextReleaseInMs = nextReleaseInMs
        self.why = why
    }

    public static let fields = [
        Field("ticketTypeId", .id),
        Field(
            "available", .integer(0...Int64.max), required: false,
            "0 while not on sale; absent: no limit"),
        Field("heldByOthers", .integer(0...Int64.max)),
        Field("heldByYou", .integer(0...Int64.max)),
        Field("sold", .integer(0...Int64.max)),
        Field("lowStock", .flag, "at most a tenth is left"),
        Field(
            "nextReleaseInMs", .integer(0...Int64.max), required: false,
            "when the first hold of the event ends by itself"),
        Field.notOnSale,
    ]
}

public struct ListAuditRequest: Message {
    /// An event's or a ticket type's id.
    public let poolId: UUID
    public let after: String?
    public let limit: Int64?

    public init(poolId: UUID, after: String? = nil, limit: Int64? = nil) {
        self.poolId = poolId
        self.after = after
        self.limit = limit
    }

    public static let fields = [
        Field("poolId", .id, "an event's or a ticket type's id"), Paging.limit, Paging.after,
    ]
}

public struct ListAuditReply: Message, Hashable {
    public let entries: [AuditEntry]
    public let next: String?

    public init(entries: [AuditEntry], next: String?) {
        self.entries = entries
        self.next = next
    }

    public static let fields = [
        Field("entries", .list(.message(AuditEntry.fields), maxCount: 500)), Paging.next,
    ]
}

/// One change of a pool: numbered without gaps, each beginning where the one before ended.
public struct AuditEntry: Message, Hashable {
    public let poolId: UUID
    public let seq: Int64
    public let action: AuditAction
    public let quantity: Int64
    public let previousCapacity: Int64?
    public let capacity: Int64?
    public let previousHeld: Int64
    public let held: Int64
    public let previousSold: Int64
    public let sold: Int64
    /// Who asked: the identity of the caller, and behind a `/` the kind and id of its actor
    /// ("gateway/guest:4711"); `clock` where a hold's time was over.
    public let actor: String
    /// The hold, event or ticket type whose change this is.
    public let reference: UUID
    public let at: Instant

    public init(
        poolId: UUID, seq: Int64, action: AuditAction, quantity: Int64, previousCapacity: Int64?,
        capacity: Int64?, previousHeld: Int64, held: Int64, previousSold: Int64, sold: Int64,
        actor: String, reference: UUID, at: Instant
    ) {
        self.poolId = poolId
        self.seq = seq
        self.action = action
        self.quantity = quantity
        self.previousCapacity = previousCapacity
        self.capacity = capacity
        self.previousHeld = previousHeld
        self.held = held
        self.previousSold = previousSold
        self.sold = sold
        self.actor = actor
        self.reference = reference
        self.at = at
    }

    public static let fields = [
        Field("poolId", .id),
        Field("seq", .integer(1...Int64.max)),
        Field(
            "action", .word(AuditAction.known.map(\.word))),
        Field("quantity", .integer(0...Int64.max)),
        Field("previousCapacity", .integer(Bounds.capacity), required: false),
        Field("capacity", .integer(Bounds.capacity), required: false),
        Field("previousHeld", .integer(0...Int64.max)),
        Field("held", .integer(0...Int64.max)),
        Field("previousSold", .integer(0...Int64.max)),
        Field("sold", .integer(0...Int64.max)),
        Field(
            "actor", .text(maxBytes: Bounds.callerBytes),
            "who asked, such as operator or gateway/guest:4711; clock: time was over"),
        Field("reference", .id, "the hold, event or ticket type whose change this is"),
        Field("at", .instant),
    ]
}

public struct SweepExpiredRequest: Message {
    public let limit: Int64?

    public init(limit: Int64? = nil) { self.limit = limit }

    public static let fields = [
        Field("limit", .integer(Bounds.page), required: false, "holds at most; 500")
    ]
}

public struct SweepExpiredReply: Message, Hashable {
    public let expiredHolds: Int64
    public let releasedQuantity: Int64
    /// How long the oldest of them had been over.
    public let oldestLagMs: Int64

    public init(expiredHolds: Int64, releasedQuantity: Int64, oldestLagMs: Int64) {
        self.expiredHolds = expiredHolds
        self.releasedQuantity = releasedQuantity
        self.oldestLagMs = oldestLagMs
    }

    public static let fields = [
        Field("expiredHolds", .integer(0...Int64.max)),
        Field("releasedQuantity", .integer(0...Int64.max)),
        Field("oldestLagMs", .integer(0...Int64.max)),
    ]
}

extension Field {
    /// Of everything that is sold.
    static let notOnSale = Field(
        "why", .word(NotOnSale.known.map(\.word)), required: false,
        "why it cannot be bought now; absent: it can, as long as there is stock")
}
