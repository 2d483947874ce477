import Contracts
import FoundationEssentials
import Lifecycle
import Storage

/// A refund as its row.
struct RefundRow: StoredRow {
    static let table = TableLayout(
        "refund", key: ["refund_id"],
        columns: [
            "refund_id", "payment_id", "checkout_id", "provider", "amount_minor", "currency",
            "kind", "reason", "state", "attempt", "last_error", "created_at", "settled_at",
            "next_try_at", "tries",
        ])

    let refund: Refund

    var key: UUID { refund.refundID }

    init(_ refund: Refund) { self.refund = refund }

    func write(to columns: inout ColumnWriter) {
        columns.append(refund.refundID)
        columns.append(refund.paymentID)
        columns.append(refund.checkoutID)
        columns.append(refund.provider)
        columns.append(refund.amount.amount)
        columns.append(refund.amount.currency.code)
        columns.append(refund.kind.word)
        columns.append(refund.reason)
        columns.append(refund.state.word)
        columns.append(refund.attempt)
        columns.append(refund.lastError)
        columns.append(refund.createdAt)
        columns.append(refund.settledAt)
        columns.append(refund.nextTryAt)
        columns.append(refund.tries)
    }

    init(from columns: inout ColumnReader) throws {
        let refundID: UUID = try columns.next()
        let paymentID: UUID = try columns.next()
        let checkoutID: UUID = try columns.next()
        let provider: String = try columns.next()
        let amount: Int64 = try columns.next()
        let currency: String = try columns.next()
        let kind: String = try columns.next()
        let reason: String = try columns.next()
        let state: String = try columns.next()
        refund = Refund(
            refundID: refundID, paymentID: paymentID, checkoutID: checkoutID, provider: provider,
            amount: Money(amount, Currency(currency)), kind: RefundKind(kind), reason: reason,
            state: RefundState(state), attempt: try columns.next(),
            lastError: try columns.next(), createdAt: try columns.next(),
            settledAt: try columns.next(), nextTryAt: try columns.next(),
            tries: try columns.next())
    }
}
