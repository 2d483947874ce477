public import FoundationEssentials
public import Wire

public struct GetHoldRequest: Message {
    public let holdId: UUID

    public init(holdId: UUID) { self.holdId = holdId }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        holdId = f("holdId", it) { $0.holdId }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        holdId = f("holdId", it) { $0.holdId }
        atLeastMs = f("atLeastMs", it, .integer(Bounds.holdMs), "counted from now") { $0.atLeastMs }
    }
}

/// Another selection for a hold: all of it or nothing, in the hold's own time. A revision that is
/// not above the hold's is answered with the hold as it is.
public struct ResizeHoldRequest: Message {
    public let holdId: UUID
    public let revision: Int64
    public let lines: [HoldLine]

    public init(holdId: UUID, revision: Int64, lines: [HoldLine]) {
        self.holdId = holdId
        self.revision = revision
        self.lines = lines
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        holdId = f("holdId", it) { $0.holdId }
        revision = f(
            "revision", it, .integer(1...Int64.max), "above the hold's; the key of this change"
        ) { $0.revision }
        lines = f(
            "lines", it, .list(maxCount: Bounds.linesPerHold),
            "the whole wish, each ticket type once; none: the hold is released"
        ) { $0.lines }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        holdId = f("holdId", it) { $0.holdId }
        reason = f(
            "reason", it, .word(ReleaseReason.given), "SAGA is for Orders only"
        ) { $0.reason }
        fence = f("fence", it, "needed for a COMMITTING hold; Orders only") { $0.fence }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        holdId = f("holdId", it) { $0.holdId }
        orderId = f("orderId", it) { $0.orderId }
        epoch = f(
            "epoch", it, .integer(0...Int64.max), "a lower one than seen before is refused"
        ) { $0.epoch }
        allowReclaim = f(
            "allowReclaim", it, "an expired hold may take its stock again"
        ) { $0.allowReclaim }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        holdId = f("holdId", it) { $0.holdId }
        orderId = f("orderId", it) { $0.orderId }
        epoch = f(
            "epoch", it, .integer(0...Int64.max), "a lower one than seen before is refused"
        ) { $0.epoch }
    }
}

public struct ConsumeHoldRequest: Message {
    public let holdId: UUID
    public let orderId: UUID

    public init(holdId: UUID, orderId: UUID) {
        self.holdId = holdId
        self.orderId = orderId
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        holdId = f("holdId", it) { $0.holdId }
        orderId = f("orderId", it) { $0.orderId }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        state = f("state", it, .word([.active, .committing])) { $0.state }
        olderThanMs = f("olderThanMs", it, .integer(0...Int64.max)) { $0.olderThanMs }
        after = f.after(it) { $0.after }
        limit = f.limit(it) { $0.limit }
    }
}

public struct ListHoldsReply: Message, Hashable {
    public let holds: [HoldReply]
    public let next: String?

    public init(holds: [HoldReply], next: String?) {
        self.holds = holds
        self.next = next
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        holds = f("holds", it, .list(maxCount: 500)) { $0.holds }
        next = f.next(it) { $0.next }
    }
}
