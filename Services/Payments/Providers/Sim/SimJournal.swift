import Contracts
import FoundationEssentials
import Lifecycle
public import Storage

/// The tables of `sim`, in a database of its own: the provider's memory is not ours.
public enum SimSchema {
    public static let migrations = [
        Migration(
            1,
            """
            CREATE TABLE sim_payment (
                payment_id BYTEA NOT NULL PRIMARY KEY,
                amount_minor BIGINT NOT NULL, currency TEXT NOT NULL, is_sale BIGINT NOT NULL,
                fate TEXT NOT NULL, due_at BIGINT NOT NULL, lapses_at BIGINT NOT NULL,
                is_captured BIGINT NOT NULL, is_voided BIGINT NOT NULL,
                refunded_minor BIGINT NOT NULL
            );
            CREATE TABLE sim_refund (
                refund_id BYTEA NOT NULL, attempt BIGINT NOT NULL,
                payment_id BYTEA NOT NULL, amount_minor BIGINT NOT NULL,
                failure TEXT,
                PRIMARY KEY (refund_id, attempt)
            );
            """),
        Migration(
            2,
            """
            CREATE TABLE sim_event (
                event_id BYTEA NOT NULL, copy BIGINT NOT NULL,
                payment_id BYTEA NOT NULL, type TEXT NOT NULL,
                created_at BIGINT NOT NULL, due_at BIGINT NOT NULL, tries BIGINT NOT NULL,
                PRIMARY KEY (event_id, copy)
            );
            CREATE INDEX sim_event_due ON sim_event (due_at);
            """),
    ]
}

/// A payment of `sim` as its row.
struct SimPaymentRow: StoredRow {
    static let table = TableLayout(
        "sim_payment", key: ["payment_id"],
        columns: [
            "payment_id", "amount_minor", "currency", "is_sale", "fate", "due_at", "lapses_at",
            "is_captured", "is_voided", "refunded_minor",
        ])

    let payment: SimPayment

    var key: UUID { payment.paymentID }

    init(_ payment: SimPayment) { self.payment = payment }

    func write(to columns: inout ColumnWriter) {
        columns.append(payment.paymentID)
        columns.append(payment.amount.amount)
        columns.append(payment.amount.currency.code)
        columns.append(payment.isSale)
        columns.append(payment.fate)
        columns.append(payment.dueAt)
        columns.append(payment.lapsesAt)
        columns.append(payment.isCaptured)
        columns.append(payment.isVoided)
        columns.append(payment.refunded)
    }

    init(from columns: inout ColumnReader) throws {
        let paymentID: UUID = try columns.next()
        let amount: Int64 = try columns.next()
        let currency: String = try columns.next()
        payment = SimPayment(
            paymentID: paymentID, amount: Money(amount, Currency(currency)),
            isSale: try columns.next(), fate: try columns.next(), dueAt: try columns.next(),
            lapsesAt: try columns.next(), isCaptured: try columns.next(),
            isVoided: try columns.next(), refunded: try columns.next())
    }
}

extension SimFate: Bindable {}

/// The answer that a refund key was given, for ever.
struct SimRefundRow: StoredRow {
    struct Key: StoredKey {
        let refundID: UUID
        let attempt: Int64

        func write(to columns: inout ColumnWriter) {
            columns.append(refundID)
            columns.append(attempt)
        }
    }

    static let table = TableLayout(
        "sim_refund", key: ["refund_id", "attempt"],
        columns: ["refund_id", "attempt", "payment_id", "amount_minor", "failure"])

    let key: Key
    let paymentID: UUID
    let amount: Int64
    /// Nil when the money went back.
    let failure: String?

    func write(to columns: inout ColumnWriter) {
        key.write(to: &columns)
        columns.append(paymentID)
        columns.append(amount)
        columns.append(failure)
    }
}

extension SimRefundRow {
    init(from columns: inout ColumnReader) throws {
        key = Key(refundID: try columns.next(), attempt: try columns.next())
        paymentID = try columns.next()
        amount = try columns.next()
        failure = try columns.next()
    }
}
