public import FoundationEssentials
public import Lifecycle
internal import Text
public import Wire

/// Its history comes a page at a time.
public struct GetSagaRequest: Message {
    public let checkoutId: UUID
    public let after: String?
    public let limit: Int64?

    public init(checkoutId: UUID, after: String? = nil, limit: Int64? = nil) {
        self.checkoutId = checkoutId
        self.after = after
        self.limit = limit
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it) { $0.checkoutId }
        after = f.after(it) { $0.after }
        limit = f.limit(it) { $0.limit }
    }
}

public struct RetrySagaRequest: Message {
    public let checkoutId: UUID

    public init(checkoutId: UUID) { self.checkoutId = checkoutId }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it) { $0.checkoutId }
    }
}

/// What a purchase does, and what it has done.
public struct SagaReply: Message {
    public let checkoutId: UUID
    public let state: CheckoutState
    /// The step under way, or the one that it is parked at.
    public let step: String?
    public let direction: String?
    public let attempt: Int64
    /// Raised whenever another process takes the purchase over.
    public let epoch: Int64
    public let nextRunInMs: Int64?
    /// What the last call without an answer ran into.
    public let trouble: String?
    public let parkReason: String?
    public let history: [SagaStep]
    /// Where GetSaga goes on with the history.
    public let next: String?

    public init(
        checkoutId: UUID, state: CheckoutState, step: String?, direction: String?, attempt: Int64,
        epoch: Int64, nextRunInMs: Int64?, trouble: String?, parkReason: String?,
        history: [SagaStep], next: String?
    ) {
        self.checkoutId = checkoutId
        self.state = state
        self.step = step
        self.direction = direction
        self.attempt = attempt
        self.epoch = epoch
        self.nextRunInMs = nextRunInMs
        self.trouble = trouble?.clipped(to: Self.troubleBytes)
        self.parkReason = parkReason?.clipped(to: Bounds.nameBytes)
        self.history = history
        self.next = next
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it) { $0.checkoutId }
        state = f("state", it) { $0.state }
        step = f("step", it, .text(maxBytes: 32)) { $0.step }
        direction = f("direction", it, .word(["DO", "UNDO"])) { $0.direction }
        attempt = f("attempt", it, .integer(0...Int64.max)) { $0.attempt }
        epoch = f("epoch", it, .integer(0...Int64.max)) { $0.epoch }
        nextRunInMs = f("nextRunInMs", it, .integer(0...Int64.max)) { $0.nextRunInMs }
        trouble = f("trouble", it, .text(maxBytes: Self.troubleBytes)) { $0.trouble }
        parkReason = f("parkReason", it, .text(maxBytes: Bounds.nameBytes)) { $0.parkReason }
        history = f(
            "history", it, .list(maxCount: 500),
            "the steps that ended, in the order in which they did"
        ) { $0.history }
        next = f(
            "next", it, .text(maxBytes: Paging.placeBytes),
            "after of orders.GetSaga, which has the steps that follow; absent at the end"
        ) { $0.next }
    }

    private static let troubleBytes = 1_024
}

/// One attempt of one step, as it ended.
public struct SagaStep: Message, Hashable {
    public let step: String
    public let direction: String
    public let attempt: Int64
    public let outcome: String
    /// What was answered, in short.
    public let result: String
    public let at: Instant
    /// Who decided it; absent when nobody did.
    public let by: String?

    public init(
        step: String, direction: String, attempt: Int64, outcome: String, result: String,
        at: Instant, by: String? = nil
    ) {
        self.step = step
        self.direction = direction
        self.attempt = attempt
        self.outcome = outcome
        self.result = result.clipped(to: Bounds.nameBytes)
        self.at = at
        self.by = by
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        step = f("step", it, .text(maxBytes: 32)) { $0.step }
        direction = f("direction", it, .word(["DO", "UNDO"])) { $0.direction }
        attempt = f("attempt", it, .integer(0...Int64.max)) { $0.attempt }
        outcome = f(
            "outcome", it, .word(["DONE", "WAITING", "REFUSED", "RESOLVED", "CANCELLED", "HEARD"])
        ) { $0.outcome }
        result = f("result", it, .text(maxBytes: Bounds.nameBytes)) { $0.result }
        at = f("at", it) { $0.at }
        by = f(
            "by", it, .text(maxBytes: Bounds.callerBytes),
            "who decided it, such as operator or gateway/guest:4711; absent: a step of its own"
        ) { $0.by }
    }
}

/// A human's decision for a parked purchase.
public struct ResolveSagaRequest: Message {
    public let checkoutId: UUID
    public let decision: SagaDecision
    public let reason: String
    /// Tells what would be done, and does nothing.
    public let dryRun: Bool?

    public init(checkoutId: UUID, decision: SagaDecision, reason: String, dryRun: Bool? = nil) {
        self.checkoutId = checkoutId
        self.decision = decision
        self.reason = reason
        self.dryRun = dryRun
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it) { $0.checkoutId }
        decision = f("decision", it) { $0.decision }
        reason = f("reason", it, .text(maxBytes: 255, .prose), "kept in the history") { $0.reason }
        dryRun = f("dryRun", it) { $0.dryRun }
    }
}

public struct SagaDecision: Word {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// Ask the step again that it was parked at.
    public static let retry = SagaDecision("RETRY")
    /// Void or refund what was paid, then free the stock.
    public static let refundAndRelease = SagaDecision("REFUND_AND_RELEASE")

    public static let known: [SagaDecision] = [.retry, .refundAndRelease]
}

public struct ResolveSagaReply: Message {
    public let checkoutId: UUID
    public let state: CheckoutState
    /// What is done, or would be, in order.
    public let plan: [String]
    public let isApplied: Bool

    public init(checkoutId: UUID, state: CheckoutState, plan: [String], isApplied: Bool) {
        self.checkoutId = checkoutId
        self.state = state
        self.plan = plan
        self.isApplied = isApplied
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it) { $0.checkoutId }
        state = f("state", it) { $0.state }
        plan = f("plan", it, .list(.text(maxBytes: 64), maxCount: 16)) { $0.plan }
        isApplied = f("isApplied", it) { $0.isApplied }
    }
}
