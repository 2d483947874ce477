import Contracts
import FoundationEssentials
import Lifecycle
import Storage

extension Payment.Operation: Bindable {}

/// A payment as its row.
struct PaymentRow: StoredRow {
    static let table = TableLayout(
        "payment", key: ["payment_id"],
        columns: [
            "payment_id", "checkout_id", "event_id", "owner", "amount_minor", "currency",
            "provider", "capture_mode", "method_digest", "expires_in_ms", "state", "attempt",
            "operation", "method", "client_secret", "authorised_minor", "captured_minor",
            "refund_owed_minor", "refunded_minor", "fee_minor", "failure", "failure_retryable",
            "outcome", "tax_minor", "created_at", "open_since", "next_try_at", "tries", "version",
        ])

    let payment: Payment

    var key: UUID { payment.paymentID }

    init(_ payment: Payment) { self.payment = payment }

    func write(to columns: inout ColumnWriter) {
        columns.append(payment.paymentID)
        columns.append(payment.checkoutID)
        columns.append(payment.terms?.eventID)
        columns.append(payment.terms?.owner)
        columns.append(payment.terms?.amount.amount ?? 0)
        columns.append(payment.terms?.amount.currency.code)
        columns.append(payment.terms?.provider)
        columns.append(payment.terms?.captureMode.word)
        columns.append(payment.terms?.methodDigest)
        columns.append(payment.terms?.expiresInMs)
        columns.append(payment.state.word)
        columns.append(payment.attempt)
        columns.append(payment.operation)
        columns.append(payment.method)
        columns.append(payment.clientSecret)
        columns.append(payment.authorised)
        columns.append(payment.captured)
        columns.append(payment.refundOwed)
        columns.append(payment.refunded)
        columns.append(payment.fee)
        columns.append(payment.failure?.reason)
        columns.append(payment.failure?.isRetryable)
        columns.append(payment.outcome?.word)
        columns.append(payment.tax)
        columns.append(payment.createdAt)
        columns.append(payment.isOpen ? payment.createdAt : nil)
        columns.append(payment.nextTryAt)
        columns.append(payment.tries)
        columns.append(payment.version)
    }

    init(from columns: inout ColumnReader) throws {
        let paymentID: UUID = try columns.next()
        let checkoutID: UUID = try columns.next()
        let terms = try PaymentRow.readTerms(&columns)
        let state = PaymentState(try columns.next(String.self))
        let attempt: Int64 = try columns.next()
        let operation: Payment.Operation? = try columns.next()
        let method: String? = try columns.next()
        let clientSecret: String? = try columns.next()
        let authorised: Int64 = try columns.next()
        let captured: Int64 = try columns.next()
        let refundOwed: Int64 = try columns.next()
        let refunded: Int64 = try columns.next()
        let fee: Int64 = try columns.next()
        let failure: String? = try columns.next()
        let isRetryable: Bool? = try columns.next()
        let outcome: String? = try columns.next()
        let tax: Int64 = try columns.next()
        let createdAt: Instant = try columns.next()
        _ = try columns.next(Instant?.self)
        payment = Payment(
            paymentID: paymentID, checkoutID: checkoutID, terms: terms, state: state,
            attempt: attempt, operation: operation, method: method, clientSecret: clientSecret,
            authorised: authorised, captured: captured, refundOwed: refundOwed,
            refunded: refunded, fee: fee,
            failure: failure.map { PaymentFailure(reason: $0, isRetryable: isRetryable ?? false) },
            outcome: outcome.map(CheckoutOutcome.init(word:)), tax: tax, createdAt: createdAt,
            nextTryAt: try columns.next(), tries: try columns.next(), version: try columns.next())
    }

    private static func readTerms(_ columns: inout ColumnReader) throws -> PaymentTerms? {
        let eventID: UUID? = try columns.next()
        let owner: String? = try columns.next()
        let amount: Int64 = try columns.next()
        let currency: String? = try columns.next()
        let provider: String? = try columns.next()
        let captureMode: String? = try columns.next()
        let methodDigest: [UInt8]? = try columns.next()
        let expiresInMs: Int64? = try columns.next()
        guard let eventID, let owner, let currency, let provider, let captureMode,
            let methodDigest, let expiresInMs
        else { return nil }
        return PaymentTerms(
            eventID: eventID, owner: owner, amount: Money(amount, Currency(currency)),
            provider: provider, captureMode: CaptureMode(captureMode), methodDigest: methodDigest,
            expiresInMs: expiresInMs)
    }
}

/// Which payment of a checkout is the live one. As the table has one row a checkout, there can be
/// only one, and its key tells without a search.
struct CheckoutRow: StoredRow {
    static let table = TableLayout(
        "checkout", key: ["checkout_id"], columns: ["checkout_id", "live_payment_id"])

    let checkoutID: UUID
    let livePaymentID: UUID?

    var key: UUID { checkoutID }

    init(checkoutID: UUID, livePaymentID: UUID?) {
        self.checkoutID = checkoutID
        self.livePaymentID = livePaymentID
    }

    func write(to columns: inout ColumnWriter) {
        columns.append(checkoutID)
        columns.append(livePaymentID)
    }

    init(from columns: inout ColumnReader) throws {
        checkoutID = try columns.next()
        livePaymentID = try columns.next()
    }
}
