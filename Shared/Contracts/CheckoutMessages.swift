public import FoundationEssentials
public import Wire

/// A purchase from its first row to its end.
public struct CheckoutReply: Message, Hashable {
    public let checkoutId: UUID
    public let eventId: UUID
    public let owner: String
    public let state: CheckoutState
    public let reservationStatus: ReservationStatus
    /// Time left to act, while the checkout waits for its buyer.
    public let expiresInMs: Int64?
    /// The price that the buyer was promised; empty until the stock is reserved.
    public let lines: [PricedLine]
    public let totals: Totals?
    public let payment: CheckoutPayment?
    /// Why it was rejected or cancelled.
    public let problem: CheckoutProblem?
    public let refund: RefundProgress?
    public let parkReason: String?
    /// The buyer called it off while money was being taken; done if that fails.
    public let isCancelRequested: Bool?
    public let order: OrderReply?
    /// Grows with every change; WatchCheckout waits for the next one.
    public let version: Int64

    public init(
        checkoutId: UUID, eventId: UUID, owner: String, state: CheckoutState,
        reservationStatus: ReservationStatus? = nil, expiresInMs: Int64? = nil,
        lines: [PricedLine], totals: Totals? = nil, payment: CheckoutPayment? = nil,
        problem: CheckoutProblem? = nil, refund: RefundProgress? = nil, parkReason: String? = nil,
        isCancelRequested: Bool? = nil, order: OrderReply? = nil, version: Int64
    ) {
        self.checkoutId = checkoutId
        self.eventId = eventId
        self.owner = owner
        self.state = state
        self.reservationStatus = reservationStatus ?? state.reservationStatus
        self.expiresInMs = expiresInMs
        self.lines = lines
        self.totals = totals
        self.payment = payment
        self.problem = problem
        self.refund = refund
        self.parkReason = parkReason?.clipped(to: Bounds.nameBytes)
        self.isCancelRequested = isCancelRequested
        self.order = order
        self.version = version
    }

    public static let fields = [
        Field("checkoutId", .id),
        Field("eventId", .id),
        Field("owner", .text(maxBytes: Bounds.ownerBytes)),
        Field("state", .word(CheckoutState.all.map(\.word))),
        Field("reservationStatus", .word(ReservationStatus.all.map(\.word))),
        Field("expiresInMs", .integer(0...Int64.max), required: false),
        Field("lines", .list(.message(PricedLine.fields), maxCount: Bounds.linesPerHold)),
        Field("totals", .message(Totals.fields), required: false),
        Field("payment", .message(CheckoutPayment.fields), required: false),
        Field("problem", .message(CheckoutProblem.fields), required: false),
        Field("refund", .message(RefundProgress.fields), required: false),
        Field("parkReason", .text(maxBytes: Bounds.nameBytes), required: false),
        Field("isCancelRequested", .flag, required: false),
        Field("order", .message(OrderReply.fields), required: false),
        Field("version", .integer(0...Int64.max)),
    ]
}

/// The payment that a checkout waits for or was paid by.
public struct CheckoutPayment: Message, Hashable {
    public let paymentId: UUID
    public let provider: String
    /// Of StartPayment; absent for the payment that Purchase begins itself.
    public let attemptId: UUID?
    /// What the buyer needs to finish the payment, while it wants them to act.
    public let action: String?
    /// Why the last attempt failed.
    public let lastError: CheckoutProblem?

    public init(
        paymentId: UUID, provider: String, attemptId: UUID? = nil, action: String? = nil,
        lastError: CheckoutProblem? = nil
    ) {
        self.paymentId = paymentId
        self.provider = provider
        self.attemptId = attemptId
        self.action = action
        self.lastError = lastError
    }

    public static let fields = [
        Field("paymentId", .id),
        Field("provider", .text(maxBytes: 32)),
        Field("attemptId", .id, required: false),
        Field("action", .text(maxBytes: 2_048), required: false),
        Field("lastError", .message(CheckoutProblem.fields), required: false),
    ]
}

/// A refusal as it was given: one of the reasons of the error list, for people and programs.
public struct CheckoutProblem: Message, Hashable {
    public let reason: String
    public let message: String

    public init(reason: String, message: String) {
        self.reason = reason
        self.message = message.clipped(to: Self.messageBytes)
    }

    public static let fields = [
        Field("reason", .text(maxBytes: 64)),
        Field("message", .text(maxBytes: messageBytes)),
    ]

    private static let messageBytes = 1_024
}

/// Money that was taken and is owed back.
public struct RefundProgress: Message, Hashable {
    public let owed: Money
    public let isSettled: Bool

    public init(owed: Money, isSettled: Bool) {
        self.owed = owed
        self.isSettled = isSettled
    }

    public static let fields = [
        Money.field("owed", 0...Int64.max),
        Field("isSettled", .flag),
    ]
}
