import Contracts
import FoundationEssentials
import Lifecycle

/// An account of the double-entry ledger. Debits raise assets and expenses, credits raise
/// liabilities and income.
enum Account: Hashable, Sendable {
    /// Asset: what the provider owes us.
    case clearing(provider: String)
    /// Expense: what the provider keeps.
    case fees(provider: String)
    /// Liability: the buyer's money, before they have a ticket for it.
    case funds(checkout: UUID)
    /// Income.
    case revenue(event: UUID)
    /// Liability: tax on what was sold.
    case taxPayable
    /// Liability: money on its way back to buyers.
    case refundsPayable

    static let fundsPrefix = "funds:"

    var name: String {
        switch self {
        case .clearing(let provider): "clearing:\(provider)"
        case .fees(let provider): "fees:\(provider)"
        case .funds(let checkout): Account.fundsPrefix + checkout.text
        case .revenue(let event): "revenue:\(event.text)"
        case .taxPayable: "tax_payable"
        case .refundsPayable: "refunds_payable"
        }
    }
}

/// One ledger transaction: what one fact moved. `ref` and `kind` name it, so that a fact can be
/// booked only once.
struct Booking: Equatable, Sendable {
    enum Kind: String, Sendable {
        case captured = "CAPTURED"
        case completed = "COMPLETED"
        case refundOwed = "REFUND_OWED"
        case refunded = "REFUNDED"
    }

    struct Line: Equatable, Sendable {
        let account: String
        let debit: Int64
        let credit: Int64
    }

    let kind: Kind
    /// The payment, the checkout or the refund.
    let ref: UUID
    let currency: Currency
    let lines: [Line]

    /// Amounts above zero are debits, below zero credits; zeros are left out.
    init(_ kind: Kind, _ ref: UUID, _ currency: Currency, _ amounts: [(Account, Int64)]) {
        self.kind = kind
        self.ref = ref
        self.currency = currency
        lines = amounts.compactMap { account, amount in
            guard amount != 0 else { return nil }
            return Line(
                account: account.name, debit: max(amount, 0), credit: amount < 0 ? 0 - amount : 0)
        }
    }
}

// The bookings. Every list of amounts sums to zero.
extension Booking {
    /// The buyer's money came in; the provider keeps its fee at once.
    static func captured(_ payment: Payment, _ terms: PaymentTerms) -> Booking {
        Booking(
            .captured, payment.paymentID, terms.amount.currency,
            [
                (.clearing(provider: terms.provider), payment.captured - payment.fee),
                (.fees(provider: terms.provider), payment.fee),
                (.funds(checkout: payment.checkoutID), -payment.captured),
            ])
    }

    /// The buyer has their tickets: what is left of their money is ours and the tax office's.
    static func completed(_ payment: Payment, _ terms: PaymentTerms) -> Booking {
        let left = payment.captured - payment.refundOwed
        let tax = payment.tax - payment.taxShare(of: payment.refundOwed)
        return Booking(
            .completed, payment.checkoutID, terms.amount.currency,
            [
                (.funds(checkout: payment.checkoutID), left),
                (.revenue(event: terms.eventID), tax - left), (.taxPayable, -tax),
            ])
    }

    /// Money is owed to the buyer. `payment` is as it was before: after a sale it comes out of
    /// revenue and tax in proportion, before out of the buyer's own funds.
    static func refundOwed(_ refund: Refund, _ payment: Payment, _ terms: PaymentTerms) -> Booking {
        let amount = refund.amount.amount
        guard payment.outcome == .completed else {
            return Booking(
                .refundOwed, refund.refundID, refund.amount.currency,
                [(.funds(checkout: payment.checkoutID), amount), (.refundsPayable, -amount)])
        }
        let tax =
            payment.taxShare(of: payment.refundOwed + amount)
            - payment.taxShare(of: payment.refundOwed)
        return Booking(
            .refundOwed, refund.refundID, refund.amount.currency,
            [
                (.revenue(event: terms.eventID), amount - tax), (.taxPayable, tax),
                (.refundsPayable, -amount),
            ])
    }

    /// The provider took money that was never asked for: it is owed from the moment it is seen.
    static func mismatch(_ refund: Refund) -> Booking {
        Booking(
            .refundOwed, refund.refundID, refund.amount.currency,
            [
                (.clearing(provider: refund.provider), refund.amount.amount),
                (.refundsPayable, -refund.amount.amount),
            ])
    }

    static func refunded(_ refund: Refund) -> Booking {
        Booking(
            .refunded, refund.refundID, refund.amount.currency,
            [
                (.refundsPayable, refund.amount.amount),
                (.clearing(provider: refund.provider), -refund.amount.amount),
            ])
    }
}

extension Payment {
    /// The tax within `part` of the captured amount, rounded half up. Taken over running totals,
    /// so that partial refunds add up to exactly the tax that was booked.
    func taxShare(of part: Int64) -> Int64 {
        guard captured > 0 else { return 0 }
        let doubled = 2 * Int128(tax) * Int128(part) + Int128(captured)
        return Int64(exactly: doubled / (2 * Int128(captured))) ?? tax
    }
}
