import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Wire

/// A purchase: what was asked for, and how far it is. The one row that its saga lives in.
struct Checkout: SagaSubject, Hashable {
    typealias Notes = CheckoutNotes

    let id: UUID
    let owner: String
    /// `user` or `guest`, when that one bought; empty when the gateway or staff did, and in rows
    /// that are older than this.
    let ownerKind: String
    let contact: Contact
    let eventID: UUID
    /// In order of their ticket types.
    let items: [HoldLine]
    let provider: String?
    /// Kept for replays of the payment, and wiped at the end.
    var paymentMethod: String?
    /// Outlives the token, so that a replay of the purchase can still be compared.
    let methodPrint: [UInt8]?
    let expectedTotal: Money?
    /// Whom the gateway spoke for, with their entitlements; Inventory sells by them, however much
    /// later it is asked.
    let buyer: Actor?
    /// How long the hold shall last, when the buyer asked for less than the event gives.
    let holdTtlMs: Int64?
    let createdAt: Instant
    /// Of the key that makes the codes of its tickets.
    var keyNumber = TicketKeys.firstNumber
    var mode: PurchaseMode

    var state = CheckoutState.new
    /// The call under way or next; while parked, the one that it was parked at.
    var step: SagaPosition?
    /// When the scan looks at it; nil when it needs nothing.
    var nextRunAt: Instant?
    /// The epoch of the process that brought it to its step; 0 and below as `SagaSubject` says.
    var epoch: Int64
    /// The price snapshot; empty until the stock is reserved.
    var lines: [PricedLine] = []
    /// By Orders' clock, from the time left that Inventory told.
    var holdExpiresAt: Instant?
    var isHoldReleased = false
    /// Tickets written so far, of an order that has too many for one commit.
    var issued: Int64?
    var payment = PaymentProgress.idle(last: nil)
    /// The buyer called it off while money was being taken; done if that fails.
    var isCancelRequested = false
    var paymentError: String?
    /// Money that was taken, once it must go back.
    var owed: Money?
    var isRefundSettled = false
    /// Why it was rejected or cancelled.
    var problem: Problem?
    /// What the last call without an answer ran into.
    var trouble: String?
    /// While it waits for a human.
    var parked: Parked?
    var paidAt: Instant?
    var endedAt: Instant?
    /// Steps that ended.
    var stepCount: Int64 = 0
    var version: Int64 = 1

    var isParked: Bool { state == .parked }

    /// Nil at the end, and at a step of a newer release.
    var at: CheckoutStep? { step.flatMap { CheckoutStep(rawValue: $0.step) } }

    var isKnown: Bool { CheckoutState.known.contains(state) }

    var holdID: UUID { .derived(from: id, "hold") }
    var paymentID: UUID { payment.attempt?.paymentID ?? .derived(from: id, "pay") }
    var refundID: UUID { .derived(from: id, "refund") }

    /// In one-call mode Reserve's answer is committed only with the next one. Until then nobody
    /// knows whether a process before this one has reserved the stock, or even sold it.
    var isStockUnknown: Bool { mode == .oneCall && state == .cancelling && lines.isEmpty }

    /// The money is there, or is being taken with the stock behind the fence.
    var isBeingSold: Bool { state == .committing || state == .paid }

    /// Nil until the stock is reserved.
    var totals: Totals? { Totals(of: lines) }

    mutating func park(_ reason: String) {
        guard Transitions.allows(state, .parked) else { return }
        parked = Parked(from: state, reason: reason)
        state = .parked
        nextRunAt = nil
    }

    /// How many of the tickets there are.
    var ticketsIssued: Int64 { state == .completed ? quantity : max(0, issued ?? 0) }

    var quantity: Int64 { items.reduce(0) { $0 + $1.quantity } }

    /// Whether a payment is this checkout's own, or is about to be.
    func isPaid(by payment: UUID) -> Bool {
        payment == paymentID || payment == self.payment.queued?.paymentID
    }

    var captureMode: CaptureMode { payment.attempt?.captureMode ?? .sale }

    /// Whether there may be a payment that must be given up before the stock is.
    var mayHavePayment: Bool { mode == .oneCall || payment.live != nil }

    /// The provider has the buyer's token and takes all in one step: once it is asked, there is
    /// nothing left to decide, so the stock is fenced first.
    var isPaidAtOnce: Bool { payment.attempt?.method != nil && captureMode == .sale }

    /// The next call of this process is the first to ask for the money, and it was called off
    /// before. `epoch` is that of the process: what one before it asked for is not known.
    func isCalledOffInTime(for epoch: Int64) -> Bool {
        isCancelRequested && self.epoch == epoch && step?.attempt == 0
            && [nil, .authorised].contains(payment.live?.state)
    }

    var isFree: Bool { totals?.total.amount == 0 }

    /// True when a buyer who waits should be answered: it has ended, or somebody must act.
    var isSettled: Bool {
        state.isTerminal || state == .parked || at == .awaitBuyer
            || (state == .paying && payment.live?.action != nil && at == .poll)
    }

    /// True when the attempt that a buyer began has come to something: paid, failed, or in the
    /// hands of provider and buyer.
    var isAttemptSettled: Bool { isSettled || at == .poll }

    var currency: Currency {
        lines.first?.unitPrice.currency ?? expectedTotal?.currency ?? .notApplicable
    }
}

/// Why a checkout waits for a human, and where it was.
struct Parked: Hashable {
    let from: CheckoutState
    let reason: String
}

/// A refusal as it was given, kept to be given again.
struct Problem: Hashable {
    let error: RPCError

    /// `request` is what the caller asked who will be told of it.
    init(error: RPCError, of request: [Field] = .ofPurchases) {
        self.error = error.passedOn(to: request)
    }

    static func == (left: Problem, right: Problem) -> Bool { left.error == right.error }

    func hash(into hasher: inout Hasher) { hasher.combine(error.reason) }
}

/// Whether a purchase is one call of the buyer's, or takes steps that the buyer sets the pace of.
enum PurchaseMode: String, Sendable {
    /// `Purchase`: the hold is born fenced and the payment starts at once.
    case oneCall = "SHORT"
    /// `Purchase` whose payment wants the buyer or time: it goes on like a stepwise one.
    case oneCallOpened = "OPENED"
    /// `CreateCheckout`: the hold has a timer, and the buyer starts payments.
    case stepwise = "LONG"
}
