import Contracts
import FoundationEssentials
import Lifecycle
import Publishing
import Storage
import Wire

extension Payment.Operation: Bindable {
    static var nothing: Payment.Operation { .find }
}

extension CheckoutOutcome: Bindable {
    static var nothing: CheckoutOutcome { .completed }

    func write(to columns: inout ColumnWriter) { columns.append(word) }

    static func read(from columns: inout ColumnReader) throws -> CheckoutOutcome {
        CheckoutOutcome(word: try columns.next())
    }
}

/// A payment as its row.
struct PaymentRow: StoredRow {
    static let table = TableLayout("payment", of: Self.self)

    let payment: Payment

    var key: UUID { payment.paymentID }

    init(_ payment: Payment) { self.payment = payment }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        payment = Payment(
            paymentID: c("payment_id", it) { $0.payment.paymentID },
            checkoutID: c("checkout_id", it) { $0.payment.checkoutID },
            terms: PaymentRow.terms(c, it), state: c("state", it) { $0.payment.state },
            attempt: c("attempt", it) { $0.payment.attempt },
            operation: c("operation", it) { $0.payment.operation },
            method: c("method", it) { $0.payment.method },
            clientSecret: c("client_secret", it) { $0.payment.clientSecret },
            authorised: c("authorised_minor", it) { $0.payment.authorised },
            captured: c("captured_minor", it) { $0.payment.captured },
            refundOwed: c("refund_owed_minor", it) { $0.payment.refundOwed },
            refunded: c("refunded_minor", it) { $0.payment.refunded },
            fee: c("fee_minor", it) { $0.payment.fee }, failure: PaymentRow.failure(c, it),
            outcome: c("outcome", it) { $0.payment.outcome },
            tax: c("tax_minor", it) { $0.payment.tax },
            createdAt: PaymentRow.createdAt(c, it),
            nextTryAt: c("next_try_at", it) { $0.payment.nextTryAt },
            tries: c("tries", it) { $0.payment.tries },
            version: c("version", it) { $0.payment.version })
    }

    @inline(__always)
    private static func terms(_ c: some ColumnWalk, _ it: Written<PaymentRow>) -> PaymentTerms? {
        let eventID = c("event_id", it) { $0.payment.terms?.eventID }
        let owner = c("owner", it) { $0.payment.terms?.owner }
        let amount = c("amount_minor", it) { $0.payment.terms?.amount.amount ?? 0 }
        let currency = c("currency", it) { $0.payment.terms?.amount.currency.code }
        let provider = c("provider", it) { $0.payment.terms?.provider }
        let captureMode = c("capture_mode", it) { $0.payment.terms?.captureMode }
        let methodDigest = c("method_digest", it) { $0.payment.terms?.methodDigest }
        let expiresInMs = c("expires_in_ms", it) { $0.payment.terms?.expiresInMs }
        guard let eventID, let owner, let currency, let provider, let captureMode,
            let methodDigest, let expiresInMs
        else { return nil }
        return PaymentTerms(
            eventID: eventID, owner: owner, amount: Money(amount, Currency(currency)),
            provider: provider, captureMode: captureMode, methodDigest: methodDigest,
            expiresInMs: expiresInMs)
    }

    @inline(__always)
    private static func failure(_ c: some ColumnWalk, _ it: Written<PaymentRow>) -> PaymentFailure?
    {
        let reason = c("failure", it) { $0.payment.failure?.reason }
        let isRetryable = c("failure_retryable", it) { $0.payment.failure?.isRetryable }
        return reason.map { PaymentFailure(reason: $0, isRetryable: isRetryable ?? false) }
    }

    /// `open_since` is for the index of those that must be looked at.
    @inline(__always)
    private static func createdAt(_ c: some ColumnWalk, _ it: Written<PaymentRow>) -> Instant {
        let createdAt = c("created_at", it) { $0.payment.createdAt }
        _ = c("open_since", it) { $0.payment.isOpen ? $0.payment.createdAt : nil }
        return createdAt
    }
}
