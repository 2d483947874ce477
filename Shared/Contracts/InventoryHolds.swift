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

    public static let fields = [
        Field("orderId", .id),
        Field("epoch", .integer(0...Int64.max), "a lower one than seen before is refused"),
    ]
}

/// What a hold was made for: whoever owns that hears of the hold's end.
public struct HoldReference: Message, Hashable {
    public let kind: HoldReferenceKind
    public let id: UUID

    public init(kind: HoldReferenceKind, id: UUID) {
        self.kind = kind
        self.id = id
    }

    public static let fields = [
        Field("kind", .word(HoldReferenceKind.known.map(\.rawValue))),
        Field("id", .id),
    ]
}

/// So many tickets of a type.
public struct HoldLine: Message, Hashable {
    public let ticketTypeId: UUID
    public let quantity: Int64

    public init(ticketTypeId: UUID, quantity: Int64) {
        self.ticketTypeId = ticketTypeId
        self.quantity = quantity
    }

    public static let fields = [
        Field("ticketTypeId", .id), Field("quantity", .integer(Bounds.ticketsPerLine)),
    ]
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

    public static let fields = [
        Field("holdId", .id, "made by the caller; the key"),
        Field("eventId", .id),
        Field("owner", .text(maxBytes: Bounds.ownerBytes), "who the tickets are for"),
        Field(
            "lines", .list(.message(HoldLine.fields), maxCount: Bounds.linesPerHold),
            "each ticket type once"),
        Field(
            "ttlMs", .integer(Bounds.holdMs), required: false,
            "the event's holdTtlMs, which is also the most"),
        Field(
            "purpose", .word(HoldPurpose.known.map(\.rawValue)), required: false, "CHECKOUT"),
        Field(
            "fence", .message(Fence.fields), required: false,
            "the hold is born COMMITTING for this order; Orders only"),
        Field("replaces", .id, required: false, "a hold that ends in the same moment"),
        Field(
            "reference", .message(HoldReference.fields), required: false,
            "what the hold is for; told in the fact of its end; Orders only"),
    ]
}

/// A hold as it is at this moment.
public struct HoldReply: Message, Hashable {
    public let holdId: UUID
    public let state: HoldState
    /// Absent in a tombstone, as is `owner`.
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
    /// It had expired, and took its stock again.
    public let reclaimed: Bool
    /// What it was made for.
    public let reference: HoldReference?

    public init(
        holdId: UUID, state: HoldState, eventId: UUID?, owner: String?, purpose: HoldPurpose?,
        lines: [PricedLine], createdAt: Instant, expiresAt: Instant?, expiresInMs: Int64?,
        maxExpiresAt: Instant?, extensions: Int64, orderId: UUID?, reclaimed: Bool,
        reference: HoldReference? = nil
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
    }

    public static let fields = [
        Field("holdId", .id),
        Field(
            "state",
            .word(["ACTIVE", "COMMITTING", "CONSUMED", "RELEASED", "EXPIRED", "REFUSED"])),
        Field("eventId", .id, required: false, "absent in a tombstone, as is the owner"),
        Field("owner", .text(maxBytes: Bounds.ownerBytes), required: false),
        Field("purpose", .word(HoldPurpose.known.map(\.rawValue)), required: false),
        Field("lines", .list(.message(PricedLine.fields), maxCount: Bounds.linesPerHold)),
        Field("createdAt", .instant),
        Field("expiresAt", .instant, required: false),
        Field(
            "expiresInMs", .integer(0...Int64.max), required: false,
            "only while ACTIVE; count from here, not by your clock"),
        Field("maxExpiresAt", .instant, required: false),
        Field("extensions", .integer(0...Int64.max)),
        Field("orderId", .id, required: false, "the order that fenced it last"),
        Field("reclaimed", .flag, "it had expired, and took its stock again"),
        Field(
            "reference", .message(HoldReference.fields), required: false, "what it was made for"),
    ]
}

/// The body of the facts `hold.expired` and `hold.released`: the hold has ended.
public struct HoldFact: Message, Hashable {
    public let holdId: UUID
    public let eventId: UUID
    public let orderId: UUID?
    /// Of a release.
    public let reason: ReleaseReason?
    /// What the hold was made for.
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

    public static let fields = [
        Field("holdId", .id), Field("eventId", .id), Field("orderId", .id, required: false),
        Field("reason", .word(ReleaseReason.known.map(\.rawValue)), required: false),
        Field(
            "reference", .message(HoldReference.fields), required: false,
            "what the hold was made for"),
    ]
}
