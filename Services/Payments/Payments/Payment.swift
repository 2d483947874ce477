import Contracts
import FoundationEssentials
import Lifecycle

/// A payment, with everything that decides about it.
struct Payment: Equatable, Sendable {
    /// A call to the provider whose answer is not committed yet. At most one at a time: whoever
    /// wants another first asks again under the pending one's key.
    enum Operation: String, Sendable {
        case authorise = "AUTHORISE"
        case sale = "SALE"
        case capture = "CAPTURE"
        case void = "VOID"
        /// Asked for so long ago that the provider may have forgotten the key, so that only
        /// reading is safe.
        case find = "FIND"
    }

    let paymentID: UUID
    let checkoutID: UUID
    /// What was asked for; nil on a tombstone, which was voided before it was created.
    let terms: PaymentTerms?
    var state: PaymentState
    /// With the state's rank this is the payment's position, which only goes up.
    var attempt: Int64 = 1
    var operation: Operation?
    /// The provider's token, wiped as soon as nothing can be asked with it any more.
    var method: String?
    var clientSecret: String?
    var authorised: Int64 = 0
    var captured: Int64 = 0
    /// Refunds requested, settled or not: at most what was captured.
    var refundOwed: Int64 = 0
    var refunded: Int64 = 0
    var fee: Int64 = 0
    var failure: PaymentFailure?
    /// How the checkout ended, once Orders' feed has said so.
    var outcome: CheckoutOutcome?
    /// How much of a completed sale was tax.
    var tax: Int64 = 0
    var createdAt: Instant
    /// When somebody must look again, though nobody calls.
    var nextTryAt: Instant?
    var tries: Int64 = 0
    var version: Int64 = 1

    /// As begun now, and not in a time to come: a clock that was ahead began it, and it waits no
    /// longer for that.
    func begun(notAfter now: Instant) -> Payment {
        var payment = self
        payment.createdAt = min(createdAt, now)
        payment.nextTryAt = nextTryAt.map { min($0, now) }
        return payment
    }

    /// Whether anything may still happen that Payments or Orders must see to.
    var isOpen: Bool {
        switch state {
        case .voided, .failedFinal: nextTryAt != nil
        case .captured: outcome == nil && captured > refundOwed
        default: true
        }
    }

    /// Whether its checkout has ended without a sale.
    var isUnwanted: Bool { outcome.map { $0 != .completed } ?? false }

    /// Whether it is *the* payment of its checkout: no other may be created beside it.
    var isLive: Bool {
        switch state {
        case .voided, .failedFinal: false
        case .captured: captured > refundOwed
        default: true
        }
    }
}

/// What CreatePayment asked for: the fingerprint of the payment.
struct PaymentTerms: Equatable, Sendable {
    let eventID: UUID
    let owner: String
    let amount: Money
    let provider: String
    let captureMode: CaptureMode
    /// The first bytes of SHA-256 over the payment's id and the token: tells another one after it
    /// was wiped.
    let methodDigest: [UInt8]
    let expiresInMs: Int64
}

/// Why the last attempt failed.
struct PaymentFailure: Equatable, Sendable {
    let reason: String
    /// Whether another payment has a chance.
    let isRetryable: Bool

    /// The provider took another amount than it was asked for: owed back from then on.
    static let amountMismatch = PaymentFailure(reason: "AMOUNT_MISMATCH", isRetryable: false)
    /// The provider authorised another amount; nothing was taken.
    static let authorisedMismatch = PaymentFailure(
        reason: "AUTHORISED_AMOUNT_MISMATCH", isRetryable: false)
    static let authorisationExpired = "authorisation_expired"
}

/// How a checkout ended, in the words of Orders' facts.
struct CheckoutOutcome: Hashable, Sendable {
    let word: String

    static let completed = CheckoutOutcome(word: "completed")
    static let free = CheckoutOutcome(word: "free")
}

extension PaymentState {
    /// Within one attempt a payment only moves to a higher rank.
    var rank: Int {
        switch self {
        case .created: 0
        case .requiresAction: 1
        case .processing: 2
        case .authorised: 3
        case .voided, .failedFinal: 4
        case .captured: 5
        default: 0
        }
    }

    /// The fact that tells of a payment's arrival in this state.
    var fact: String {
        switch self {
        case .requiresAction: PaymentsFact.requiresAction
        case .processing: PaymentsFact.processing
        case .authorised: PaymentsFact.authorised
        case .captured: PaymentsFact.captured
        case .voided: PaymentsFact.voided
        default: PaymentsFact.attemptFailed
        }
    }
}

extension PaymentReply {
    init(_ payment: Payment) {
        func money(_ amount: Int64) -> Money? {
            guard amount != 0, let terms = payment.terms else { return nil }
            return Money(amount, terms.amount.currency)
        }
        self.init(
            paymentId: payment.paymentID, checkoutId: payment.checkoutID, state: payment.state,
            attempt: payment.attempt, amount: payment.terms?.amount,
            authorised: money(payment.authorised), captured: money(payment.captured),
            refunded: money(payment.refunded), fee: money(payment.fee),
            provider: payment.terms?.provider, captureMode: payment.terms?.captureMode,
            clientSecret: payment.clientSecret, lastError: payment.failure?.reason,
            createdAt: payment.createdAt, version: payment.version,
            refundOwed: money(payment.refundOwed))
    }
}

/// A payment after a decision, with all that must be committed together with it.
struct PaymentChange: Equatable, Sendable {
    var payment: Payment
    /// Kinds of facts to publish, in order; each carries the payment as it is here.
    var facts: [String] = []
    var bookings: [Booking] = []
    /// Money that must go back, though nobody asked for it.
    var obligation: Refund?

    init(_ payment: Payment) { self.payment = payment }

    /// Moves to another position and says so in the feed.
    mutating func move(to state: PaymentState, attempt: Int64? = nil) {
        payment.state = state
        payment.attempt = attempt ?? payment.attempt
        payment.tries = 0
        facts.append(state.fact)
    }

    /// Owes back what is left of the money that was taken, since nobody waits for it any more.
    mutating func oweBack(_ terms: PaymentTerms, because reason: String, now: Instant) {
        let refund = Refund(
            refundID: .derived(from: payment.paymentID, "late"), paymentID: payment.paymentID,
            checkoutID: payment.checkoutID, provider: terms.provider,
            amount: Money(payment.captured - payment.refundOwed, terms.amount.currency),
            kind: .compensation, reason: reason, createdAt: now, nextTryAt: now)
        bookings.append(.refundOwed(refund, payment, terms))
        payment.refundOwed = payment.captured
        obligation = refund
    }

    /// Voids what may still bring money, at once. A call that is pending is answered first, and
    /// what it brings is given up then.
    mutating func giveUp(now: Instant) {
        guard payment.isLive, payment.state != .captured, payment.operation == nil else { return }
        intend(.void, now: now)
        payment.nextTryAt = now
    }

    /// Writes the intent of a call to the provider.
    mutating func intend(_ operation: Payment.Operation, now: Instant) {
        payment.operation = operation
        payment.tries = 0
        payment.nextTryAt = now.advanced(byMs: PaymentTimes.intentMs)
    }
}
