import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Wire

/// A refund as its row.
struct RefundRow: StoredRow {
    static let table = TableLayout("refund", of: Self.self)

    let refund: Refund

    var key: UUID { refund.refundID }

    init(_ refund: Refund) { self.refund = refund }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        refund = Refund(
            refundID: c("refund_id", it) { $0.refund.refundID },
            paymentID: c("payment_id", it) { $0.refund.paymentID },
            checkoutID: c("checkout_id", it) { $0.refund.checkoutID },
            provider: c("provider", it) { $0.refund.provider },
            amount: Money(
                c("amount_minor", it) { $0.refund.amount.amount },
                Currency(c("currency", it) { $0.refund.amount.currency.code })),
            kind: c("kind", it) { $0.refund.kind }, reason: c("reason", it) { $0.refund.reason },
            state: c("state", it) { $0.refund.state },
            attempt: c("attempt", it) { $0.refund.attempt },
            lastError: c("last_error", it) { $0.refund.lastError },
            createdAt: c("created_at", it) { $0.refund.createdAt },
            settledAt: c("settled_at", it) { $0.refund.settledAt },
            nextTryAt: c("next_try_at", it) { $0.refund.nextTryAt },
            tries: c("tries", it) { $0.refund.tries })
    }
}
