import Contracts
import FoundationEssentials
import Lifecycle
public import Storage
import Wire

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
    static let table = TableLayout("sim_payment", of: Self.self)

    let payment: SimPayment

    var key: UUID { payment.paymentID }

    init(_ payment: SimPayment) { self.payment = payment }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        payment = SimPayment(
            paymentID: c("payment_id", it) { $0.payment.paymentID },
            amount: Money(
                c("amount_minor", it) { $0.payment.amount.amount },
                Currency(c("currency", it) { $0.payment.amount.currency.code })),
            isSale: c("is_sale", it) { $0.payment.isSale }, fate: c("fate", it) { $0.payment.fate },
            dueAt: c("due_at", it) { $0.payment.dueAt },
            lapsesAt: c("lapses_at", it) { $0.payment.lapsesAt },
            isCaptured: c("is_captured", it) { $0.payment.isCaptured },
            isVoided: c("is_voided", it) { $0.payment.isVoided },
            refunded: c("refunded_minor", it) { $0.payment.refunded })
    }
}

extension SimFate: Bindable {
    static var nothing: SimFate { .ok }
}

/// The answer that a refund key was given, for ever.
struct SimRefundRow: StoredRow {
    struct Key: CompoundKey {
        let refundID: UUID
        let attempt: Int64

        static func walk<Row>(
            _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
        ) -> Self {
            Self(
                refundID: c("refund_id", it) { get($0).refundID },
                attempt: c("attempt", it) { get($0).attempt })
        }
    }

    static let table = TableLayout("sim_refund", of: Self.self)

    let key: Key
    let paymentID: UUID
    let amount: Int64
    /// Nil when the money went back.
    let failure: String?
}

extension SimRefundRow {
    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        key = Key.walk(c, it) { $0.key }
        paymentID = c("payment_id", it) { $0.paymentID }
        amount = c("amount_minor", it) { $0.amount }
        failure = c("failure", it) { $0.failure }
    }
}
