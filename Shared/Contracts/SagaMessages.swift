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

    public static let fields = [Field("checkoutId", .id), Paging.limit, Paging.after]
}

public struct RetrySagaRequest: Message {
    public let checkoutId: UUID

    public init(checkoutId: UUID) { self.checkoutId = checkoutId }

    public static let fields = [Field("checkoutId", .id)]
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
    /// The steps that ended, in the order in which they did.
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

    public static let fields = [
        Field("checkoutId", .id),
        Field("state", .word(CheckoutState.all.map(\.word))),
        Field("step", .text(maxBytes: 32), required: false),
        Field("direction", .word(["DO", "UNDO"]), required: false),
        Field("attempt", .integer(0...Int64.max)),
        Field("epoch", .integer(0...Int64.max)),
        Field("nextRunInMs", .integer(0...Int64.max), required: false),
        Field("trouble", .text(maxBytes: troubleBytes), required: false),
        Field("parkReason", .text(maxBytes: Bounds.nameBytes), required: false),
        Field(
            "history", .list(.message(SagaStep.fields), maxCount: 500),
            "the steps that ended, in the order in which they did"),
        Field(
            "next", .text(maxBytes: Paging.placeBytes), required: false,
            "after of orders.GetSaga, which has the steps that follow; absent at the end"),
    ]

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

    public static let fields = [
        Field("step", .text(maxBytes: 32)),
        Field("direction", .word(["DO", "UNDO"])),
        Field("attempt", .integer(0...Int64.max)),
        Field(
            "outcome",
            .word(["DONE", "WAITING", "REFUSED", "RESOLVED", "CANCELLED", "HEARD"])),
        Field("result", .text(maxBytes: Bounds.nameBytes)),
        Field("at", .instant),
        Field(
            "by", .text(maxBytes: Bounds.callerBytes), required: false,
            "who decided it, such as operator or gateway/guest:4711; absent: a step of its own"),
    ]
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

    public static let fields = [
        Field("checkoutId", .id),
        Field("decision", .word(SagaDecision.all.map(\.word))),
        Field("reason", .text(maxBytes: 255, .prose), "kept in the history"),
        Field("dryRun", .flag, required: false),
    ]
}

public struct SagaDecision: Word {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// Ask the step again that it was parked at.
    public static let retry = SagaDecision("RETRY")
    /// Void or refund what was paid, then free the stock.
    public static let refundAndRelease = SagaDecision("REFUND_AND_RELEASE")

    public static let all: [SagaDecision] = [.retry, .refundAndRelease]
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

    public static let fields = [
        Field("checkoutId", .id),
        Field("state", .word(CheckoutState.all.map(\.word))),
        Field("plan", .list(.text(maxBytes: 64), maxCount: 16)),
        Field("isApplied", .flag),
    ]
}
