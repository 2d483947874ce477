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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        eventId = f("eventId", it) { $0.eventId }
        owner = f(
            "owner", it, .text(maxBytes: Bounds.ownerBytes, .raw), "whose holds are counted apart"
        ) { $0.owner }
    }
}

public struct WatchAvailabilityRequest: Message {
    public let eventId: UUID
    public let since: Int64
    public let waitMs: Int64?

    public init(eventId: UUID, since: Int64, waitMs: Int64? = nil) {
        self.eventId = eventId
        self.since = since
        self.waitMs = waitMs
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        eventId = f("eventId", it) { $0.eventId }
        since = f(
            "since", it, .integer(0...Int64.max), "the stamp of the answer that the caller has"
        ) { $0.since }
        waitMs = f("waitMs", it, .integer(0...20_000), "20,000 when absent") { $0.waitMs }
    }
}

/// What is left of an event and of each of its types, as it was at one moment.
public struct AvailabilityReply: Message, Hashable {
    public let seq: Int64
    /// Another one wherever anything before `serverTime` is another.
    public var stamp: Int64
    public let event: EventStock
    public let types: [TypeStock]
    /// Last, so that it alone is written anew for whoever asks next.
    public let serverTime: Instant

    public init(
        seq: Int64, stamp: Int64, event: EventStock, types: [TypeStock], serverTime: Instant
    ) {
        self.seq = seq
        self.stamp = stamp
        self.event = event
        self.types = types
        self.serverTime = serverTime
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        seq = f(
            "seq", it, .integer(0...Int64.max), "grows with every change of the event's stock"
        ) { $0.seq }
        stamp = f(
            "stamp", it, .integer(0...Int64.max),
            "another one with every other answer, but for serverTime"
        ) { $0.stamp }
        event = f("event", it) { $0.event }
        types = f("types", it, .list(maxCount: 500)) { $0.types }
        serverTime = f("serverTime", it, "by which the times here count") { $0.serverTime }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        capacity = f("capacity", it, .integer(Bounds.capacity), "absent: no limit") { $0.capacity }
        held = f("held", it, .integer(0...Int64.max)) { $0.held }
        sold = f("sold", it, .integer(0...Int64.max)) { $0.sold }
        available = f(
            "available", it, .integer(0...Int64.max), "0 while not on sale; absent: no limit"
        ) { $0.available }
        atCapacity = f("atCapacity", it) { $0.atCapacity }
        why = f.whyNot(it) { $0.why }
    }
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
    /// Of a type of which nothing is left: when a hold ends that would free some, if nobody pays
    /// for it.
    public let nextReleaseAt: Instant?
    /// Why it cannot be bought, whatever is left.
    public let why: NotOnSale?

    public init(
        ticketTypeId: UUID, available: Int64?, heldByOthers: Int64, heldByYou: Int64, sold: Int64,
        lowStock: Bool, nextReleaseAt: Instant?, why: NotOnSale? = nil
    ) {
        self.ticketTypeId = ticketTypeId
        self.available = available
        self.heldByOthers = heldByOthers
        self.heldByYou = heldByYou
        self.sold = sold
        self.lowStock = lowStock
        self.nextReleaseAt = nextReleaseAt
        self.why = why
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        ticketTypeId = f("ticketTypeId", it) { $0.ticketTypeId }
        available = f(
            "available", it, .integer(0...Int64.max), "0 while not on sale; absent: no limit"
        ) { $0.available }
        heldByOthers = f("heldByOthers", it, .integer(0...Int64.max)) { $0.heldByOthers }
        heldByYou = f("heldByYou", it, .integer(0...Int64.max)) { $0.heldByYou }
        sold = f("sold", it, .integer(0...Int64.max)) { $0.sold }
        lowStock = f("lowStock", it, "at most a tenth is left") { $0.lowStock }
        nextReleaseAt = f(
            "nextReleaseAt", it,
            "of a type that is sold out: when a hold ends by itself that would free some"
        ) { $0.nextReleaseAt }
        why = f.whyNot(it) { $0.why }
    }
}

public struct ListAuditRequest: Message {
    public let poolId: UUID
    public let after: String?
    public let limit: Int64?

    public init(poolId: UUID, after: String? = nil, limit: Int64? = nil) {
        self.poolId = poolId
        self.after = after
        self.limit = limit
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        poolId = f("poolId", it, "an event's or a ticket type's id") { $0.poolId }
        after = f.after(it) { $0.after }
        limit = f.limit(it) { $0.limit }
    }
}

public struct ListAuditReply: Message, Hashable {
    public let entries: [AuditEntry]
    public let next: String?

    public init(entries: [AuditEntry], next: String?) {
        self.entries = entries
        self.next = next
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        entries = f("entries", it, .list(maxCount: 500)) { $0.entries }
        next = f.next(it) { $0.next }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        poolId = f("poolId", it) { $0.poolId }
        seq = f("seq", it, .integer(1...Int64.max)) { $0.seq }
        action = f("action", it) { $0.action }
        quantity = f("quantity", it, .integer(0...Int64.max)) { $0.quantity }
        previousCapacity = f(
            "previousCapacity", it, .integer(Bounds.capacity)
        ) { $0.previousCapacity }
        capacity = f("capacity", it, .integer(Bounds.capacity)) { $0.capacity }
        previousHeld = f("previousHeld", it, .integer(0...Int64.max)) { $0.previousHeld }
        held = f("held", it, .integer(0...Int64.max)) { $0.held }
        previousSold = f("previousSold", it, .integer(0...Int64.max)) { $0.previousSold }
        sold = f("sold", it, .integer(0...Int64.max)) { $0.sold }
        actor = f(
            "actor", it, .text(maxBytes: Bounds.callerBytes),
            "who asked, such as operator or gateway/guest:4711; clock: time was over"
        ) { $0.actor }
        reference = f(
            "reference", it, "the hold, event or ticket type whose change this is"
        ) { $0.reference }
        at = f("at", it) { $0.at }
    }
}

public struct SweepExpiredRequest: Message {
    public let limit: Int64?

    public init(limit: Int64? = nil) { self.limit = limit }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        limit = f("limit", it, .integer(Bounds.page), "holds at most; 500") { $0.limit }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        expiredHolds = f("expiredHolds", it, .integer(0...Int64.max)) { $0.expiredHolds }
        releasedQuantity = f(
            "releasedQuantity", it, .integer(0...Int64.max)
        ) { $0.releasedQuantity }
        oldestLagMs = f("oldestLagMs", it, .integer(0...Int64.max)) { $0.oldestLagMs }
    }
}

extension FieldWalk {
    /// Of everything that is sold.
    @inline(__always)
    func whyNot<Root>(_ it: Written<Root>, _ get: (Root) -> NotOnSale?) -> NotOnSale? {
        self(
            "why", it, "why it cannot be bought now; absent: it can, as long as there is stock",
            get)
    }
}
