public import FoundationEssentials
public import Wire

public struct GetHoldRequest: Message {
    public let holdId: UUID

    public init(holdId: UUID) { self.holdId = holdId }

    public static let fields = [Field("holdId", .id)]
}

/// A hold that lasts so long already is left as it is, and the same request again is answered with
/// what came of it, so that asking again does no harm.
public struct ExtendHoldRequest: Message {
    public let holdId: UUID
    public let atLeastMs: Int64

    public init(holdId: UUID, atLeastMs: Int64) {
        self.holdId = holdId
        self.atLeastMs = atLeastMs
    }

    public static let fields = [
        Field("holdId", .id), Field("atLeastMs", .integer(Bounds.holdMs), "counted from now"),
    ]
}

public struct ReleaseHoldRequest: Message {
    public let holdId: UUID
    public let reason: ReleaseReason
    /// Who speaks for the order; without it a fenced hold is not released.
    public let fence: Fence?

    public init(holdId: UUID, reason: ReleaseReason, fence: Fence? = nil) {
        self.holdId = holdId
        self.reason = reason
        self.fence = fence
    }

    public static let fields = [
        Field("holdId", .id),
        Field(
            "reason", .word(ReleaseReason.given.map(\.rawValue)), "SAGA is for Orders only"),
        Field(
            "fence", .message(Fence.fields), required: false,
            "needed for a COMMITTING hold; Orders only"),
    ]
}

public struct BeginCommitRequest: Message {
    public let holdId: UUID
    public let orderId: UUID
    public let epoch: Int64
    /// Whether a hold that has expired may take its stock again, if all of it is free.
    public let allowReclaim: Bool

    public init(holdId: UUID, orderId: UUID, epoch: Int64, allowReclaim: Bool) {
        self.holdId = holdId
        self.orderId = orderId
        self.epoch = epoch
        self.allowReclaim = allowReclaim
    }

    public static let fields =
        [Field("holdId", .id)] + Fence.fields + [
            Field("allowReclaim", .flag, "an expired hold may take its stock again")
        ]
}

public struct ReopenHoldRequest: Message {
    public let holdId: UUID
    public let orderId: UUID
    public let epoch: Int64

    public init(holdId: UUID, orderId: UUID, epoch: Int64) {
        self.holdId = holdId
        self.orderId = orderId
        self.epoch = epoch
    }

    public static let fields = [Field("holdId", .id)] + Fence.fields
}

public struct ConsumeHoldRequest: Message {
    public let holdId: UUID
    public let orderId: UUID

    public init(holdId: UUID, orderId: UUID) {
        self.holdId = holdId
        self.orderId = orderId
    }

    public static let fields = [Field("holdId", .id), Field("orderId", .id)]
}

public struct ListHoldsRequest: Message {
    /// ACTIVE or COMMITTING.
    public let state: HoldState
    /// Only holds that are in this state for at least so long; for ACTIVE ones, since they began.
    public let olderThanMs: Int64?
    public let after: String?
    public let limit: Int64?

    public init(
        state: HoldState, olderThanMs: Int64? = nil, after: String? = nil, limit: Int64? = nil
    ) {
        self.state = state
        self.olderThanMs = olderThanMs
        self.after = after
        self.limit = limit
    }

    public static let fields = [
        Field("state", .word(["ACTIVE", "COMMITTING"])),
        Field("olderThanMs", .integer(0...Int64.max), required: false),
        Paging.limit, Paging.after,
    ]
}

public struct ListHoldsReply: Message, Hashable {
    public let holds: [HoldReply]
    public let next: String?

    public init(holds: [HoldReply], next: String?) {
        self.holds = holds
        self.next = next
    }

    public static let fields = [
        Field("holds", .list(.message(HoldReply.fields), maxCount: 500)),
        Paging.next,
    ]
}
