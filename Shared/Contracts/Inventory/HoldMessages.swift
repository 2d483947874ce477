public import FoundationEssentials
public import Lifecycle
public import RPC
public import Wire

/// The order for which a hold is fenced, and how often the right to run that order changed hands.
/// A message with a lower epoch comes from a runner that was replaced.
public struct Fence: Message, Hashable {
    public let orderId: UUID
    public let epoch: Int64

    public init(orderId: UUID, epoch: Int64) {
        self.orderId = orderId
        self.epoch = epoch
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        orderId = f("orderId", it) { $0.orderId }
        epoch = f(
            "epoch", it, .integer(0...Int64.max), "a lower one than seen before is refused"
        ) { $0.epoch }
    }
}

/// What a hold was made for: whoever owns that hears of the hold's end.
public struct HoldReference: Message, Hashable {
    public let kind: HoldReferenceKind
    public let id: UUID

    public init(kind: HoldReferenceKind, id: UUID) {
        self.kind = kind
        self.id = id
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        kind = f("kind", it) { $0.kind }
        id = f("id", it) { $0.id }
    }
}

/// So many tickets of a type.
public struct HoldLine: Message, Hashable {
    public let ticketTypeId: UUID
    public let quantity: Int64

    public init(ticketTypeId: UUID, quantity: Int64) {
        self.ticketTypeId = ticketTypeId
        self.quantity = quantity
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        ticketTypeId = f("ticketTypeId", it) { $0.ticketTypeId }
        quantity = f("quantity", it, .integer(Bounds.ticketsPerLine)) { $0.quantity }
    }
}

extension Bounds {
    /// Why a new hold may not have so many tickets in all: nobody could be told of them any more.
    public static func refusal(ofTickets lines: [HoldLine], in field: String) -> RPCError? {
        let count = lines.reduce(Int64(0)) { sum, line in
            let (next, overflow) = sum.addingReportingOverflow(line.quantity)
            return overflow ? .max : next
        }
        guard !ticketsPerHold.contains(count) else { return nil }
        let (least, most) = (ticketsPerHold.lowerBound, ticketsPerHold.upperBound)
        return RPCError(
            .quantityOutOfRange,
            "\(field) ask for \(count) tickets in all; \(least) to \(most) are possible at once",
            detail: ["field": .text(field), "min": .integer(least), "max": .integer(most)])
    }
}

/// Takes tickets. The hold's id is the key: the same request again answers the hold as it is, or
/// the refusal that was decided the first time.
public struct ReserveRequest: Message, Hashable {
    public let holdId: UUID
    public let eventId: UUID
    public let owner: String
    public let lines: [HoldLine]
    public let ttlMs: Int64?
    public let purpose: HoldPurpose?
    public let fence: Fence?
    public let replaces: UUID?
    /// What the hold is made for.
    public let reference: HoldReference?

    public init(
        holdId: UUID, eventId: UUID, owner: String, lines: [HoldLine], ttlMs: Int64? = nil,
        purpose: HoldPurpose? = nil, fence: Fence? = nil, replaces: UUID? = nil,
        reference: HoldReference? = nil
    ) {
        self.holdId = holdId
        self.eventId = eventId
        self.owner = owner
        self.lines = lines
        self.ttlMs = ttlMs
        self.purpose = purpose
        self.fence = fence
        self.replaces = replaces
        self.reference = reference
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        holdId = f("holdId", it, "made by the caller; the key") { $0.holdId }
        eventId = f("eventId", it) { $0.eventId }
        owner = f(
            "owner", it, .text(maxBytes: Bounds.ownerBytes), "who the tickets are for"
        ) { $0.owner }
        lines = f(
            "lines", it, .list(maxCount: Bounds.linesPerHold), "each ticket type once"
        ) { $0.lines }
        ttlMs = f(
            "ttlMs", it, .integer(Bounds.holdMs), "the event's holdTtlMs, which is also the most"
        ) { $0.ttlMs }
        purpose = f("purpose", it, "CHECKOUT") { $0.purpose }
        fence = f(
            "fence", it, "the hold is born COMMITTING for this order; Orders only"
        ) { $0.fence }
        replaces = f("replaces", it, "a hold that ends in the same moment") { $0.replaces }
        reference = f(
            "reference", it, "what the hold is for; told in the fact of its end; Orders only"
        ) { $0.reference }
    }
}

/// A hold as it is at this moment.
public struct HoldReply: Message, Hashable {
    public let holdId: UUID
    public let state: HoldState
    public let eventId: UUID?
    public let owner: String?
    public let purpose: HoldPurpose?
    public let lines: [PricedLine]
    public let createdAt: Instant
    public let expiresAt: Instant?
    /// Only in an ACTIVE hold.
    public let expiresInMs: Int64?
    public let maxExpiresAt: Instant?
    public let extensions: Int64
    public let orderId: UUID?
    public let reclaimed: Bool
    /// What it was made for.
    public let reference: HoldReference?
    /// Rises when it is resized; an instance of before has none.
    public let revision: Int64?

    public init(
        holdId: UUID, state: HoldState, eventId: UUID?, owner: String?, purpose: HoldPurpose?,
        lines: [PricedLine], createdAt: Instant, expiresAt: Instant?, expiresInMs: Int64?,
        maxExpiresAt: Instant?, extensions: Int64, orderId: UUID?, reclaimed: Bool,
        reference: HoldReference? = nil, revision: Int64? = nil
    ) {
        self.holdId = holdId
        self.state = state
        self.eventId = eventId
        self.owner = owner
        self.purpose = purpose
        self.lines = lines
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.expiresInMs = expiresInMs
        self.maxExpiresAt = maxExpiresAt
        self.extensions = extensions
        self.orderId = orderId
        self.reclaimed = reclaimed
        self.reference = reference
        self.revision = revision
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        holdId = f("holdId", it) { $0.holdId }
        state = f(
            "state", it
        ) { $0.state }
        eventId = f("eventId", it, "absent in a tombstone, as is the owner") { $0.eventId }
        owner = f("owner", it, .text(maxBytes: Bounds.ownerBytes)) { $0.owner }
        purpose = f("purpose", it) { $0.purpose }
        lines = f("lines", it, .list(maxCount: Bounds.linesPerHold)) { $0.lines }
        createdAt = f("createdAt", it) { $0.createdAt }
        expiresAt = f("expiresAt", it) { $0.expiresAt }
        expiresInMs = f(
            "expiresInMs", it, .integer(0...Int64.max),
            "only while ACTIVE; count from here, not by your clock"
        ) { $0.expiresInMs }
        maxExpiresAt = f("maxExpiresAt", it) { $0.maxExpiresAt }
        extensions = f("extensions", it, .integer(0...Int64.max)) { $0.extensions }
        orderId = f("orderId", it, "the order that fenced it last") { $0.orderId }
        reclaimed = f("reclaimed", it, "it had expired, and took its stock again") { $0.reclaimed }
        reference = f("reference", it, "what it was made for") { $0.reference }
        revision = f("revision", it, .integer(1...Int64.max), "1, until it is resized") {
            $0.revision
        }
    }
}

/// The body of the facts `hold.expired` and `hold.released`: the hold has ended.
public struct HoldFact: Message, Hashable {
    public let holdId: UUID
    public let eventId: UUID
    public let orderId: UUID?
    /// Of a release.
    public let reason: ReleaseReason?
    public let reference: HoldReference?

    public init(
        holdId: UUID, eventId: UUID, orderId: UUID?, reason: ReleaseReason?,
        reference: HoldReference? = nil
    ) {
        self.holdId = holdId
        self.eventId = eventId
        self.orderId = orderId
        self.reason = reason
        self.reference = reference
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        holdId = f("holdId", it) { $0.holdId }
        eventId = f("eventId", it) { $0.eventId }
        orderId = f("orderId", it) { $0.orderId }
        reason = f("reason", it) { $0.reason }
        reference = f("reference", it, "what the hold was made for") { $0.reference }
    }
}
