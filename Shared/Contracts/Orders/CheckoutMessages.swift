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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it) { $0.checkoutId }
        eventId = f("eventId", it) { $0.eventId }
        owner = f("owner", it, .text(maxBytes: Bounds.ownerBytes)) { $0.owner }
        state = f("state", it) { $0.state }
        reservationStatus = f("reservationStatus", it) { $0.reservationStatus }
        expiresInMs = f("expiresInMs", it, .integer(0...Int64.max)) { $0.expiresInMs }
        lines = f("lines", it, .list(maxCount: Bounds.linesPerHold)) { $0.lines }
        totals = f("totals", it) { $0.totals }
        payment = f("payment", it) { $0.payment }
        problem = f("problem", it) { $0.problem }
        refund = f("refund", it) { $0.refund }
        parkReason = f("parkReason", it, .text(maxBytes: Bounds.nameBytes)) { $0.parkReason }
        isCancelRequested = f("isCancelRequested", it) { $0.isCancelRequested }
        order = f("order", it) { $0.order }
        version = f("version", it, .integer(0...Int64.max)) { $0.version }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        paymentId = f("paymentId", it) { $0.paymentId }
        provider = f("provider", it, .text(maxBytes: 32)) { $0.provider }
        attemptId = f("attemptId", it) { $0.attemptId }
        action = f("action", it, .text(maxBytes: 2_048)) { $0.action }
        lastError = f("lastError", it) { $0.lastError }
    }
}

/// A refusal as it was given: one of the reasons of the error list, for people and programs.
public struct CheckoutProblem: Message, Hashable {
    public let reason: String
    public let message: String

    public init(reason: String, message: String) {
        self.reason = reason
        self.message = message.clipped(to: Self.messageBytes)
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        reason = f("reason", it, .text(maxBytes: 64)) { $0.reason }
        message = f("message", it, .text(maxBytes: Self.messageBytes)) { $0.message }
    }

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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        owed = f("owed", it, .money(0...Int64.max)) { $0.owed }
        isSettled = f("isSettled", it) { $0.isSettled }
    }
}
