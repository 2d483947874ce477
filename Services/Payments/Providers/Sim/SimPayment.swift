import Contracts
import FoundationEssentials
import Lifecycle

/// A payment in the journal of `sim`. What it is at any time follows from this and the clock:
/// nothing has to run for a late payment to be captured.
struct SimPayment: Equatable, Sendable {
    let paymentID: UUID
    let amount: Money
    let isSale: Bool
    let fate: SimFate
    /// When the buyer has acted, or the late money comes.
    var dueAt: Instant
    /// When the authorisation lapses.
    var lapsesAt: Instant
    var isCaptured = false
    var isVoided = false
    var refunded: Int64 = 0

    /// 1.4 % plus 25 minor units, rounded half up.
    var fee: Int64 {
        Int64(clamping: (Int128(amount.amount) * 14 + 500) / 1000 + 25)
    }

    func view(at now: Instant) -> ProviderPayment {
        let status = status(at: now)
        return ProviderPayment(status, amount: amount, fee: status == .captured ? fee : 0)
    }

    /// What it is from now on, as long as nobody does anything: the first is what it is now.
    func changes(from now: Instant) -> [Change] {
        var changes: [Change] = []
        for at in [now, dueAt, lapsesAt].sorted() where at >= now {
            let type = SimEventType(status(at: at))
            if changes.last?.type != type { changes.append(Change(type: type, at: at)) }
        }
        return changes
    }

    /// An event in the life of a payment.
    struct Change: Equatable {
        let type: SimEventType
        let at: Instant
    }

    private func status(at now: Instant) -> ProviderPayment.Status {
        switch fate {
        case .declined:
            return .declined(reason: "card_declined", isRetryable: true, isFinal: true)
        case .unknownToken:
            return .declined(reason: "unknown_token", isRetryable: false, isFinal: true)
        case .late where isSale && now >= dueAt: return .captured
        case _ where isCaptured: return .captured
        case _ where isVoided: return .voided
        case .late where now < dueAt: return .processing
        case .action where now < dueAt:
            return .requiresAction(clientSecret: "sim_secret_\(paymentID)")
        case _ where isSale: return .captured
        case _ where now >= lapsesAt:
            return .declined(reason: "authorisation_expired", isRetryable: true, isFinal: true)
        default: return .authorised
        }
    }

    /// Takes what was authorised; anything else stays as it is.
    mutating func capture(at now: Instant) {
        if status(at: now) == .authorised { isCaptured = true }
    }

    /// Gives up what has not been captured. A late payment seems to be given up as well.
    mutating func void(at now: Instant) {
        switch status(at: now) {
        case .captured, .declined: break
        default: isVoided = true
        }
    }

    /// False when more would go back than came in.
    mutating func refund(_ amount: Money, at now: Instant) -> Bool {
        guard status(at: now) == .captured, amount.currency == self.amount.currency,
            amount.amount > 0, amount.amount <= self.amount.amount - refunded
        else { return false }
        refunded += amount.amount
        return true
    }
}
