import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Text
import Wire

/// One line of a booking.
struct LedgerRow: StoredRow {
    /// The fact that is booked, and the line within it: nothing can be booked twice.
    struct Key: CompoundKey {
        let ref: UUID
        let kind: ByteText
        let line: Int64

        static func walk<Row>(
            _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
        ) -> Self {
            Self(
                ref: c("ref", it) { get($0).ref },
                kind: c("kind", it) { get($0).kind },
                line: c("line", it) { get($0).line })
        }
    }

    static let table = TableLayout("ledger_entry", of: Self.self)

    let key: Key
    let account: String
    let currency: String
    let debit: Int64
    let credit: Int64
    let at: Instant

    /// Whether it is of a checkout's funds, of which no sum is kept.
    var isFunds: Bool { account.hasPrefix(Account.fundsPrefix) }

    /// The rows of a booking.
    static func rows(of booking: Booking, at now: Instant) -> [LedgerRow] {
        booking.lines.enumerated().map { index, line in
            LedgerRow(
                key: Key(
                    ref: booking.ref, kind: ByteText(booking.kind.rawValue), line: Int64(index)),
                account: line.account, currency: booking.currency.code, debit: line.debit,
                credit: line.credit, at: now)
        }
    }
}

extension LedgerRow {
    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        key = Key.walk(c, it) { $0.key }
        account = c("account", it) { $0.account }
        currency = c("currency", it) { $0.currency }
        debit = c("debit_minor", it) { $0.debit }
        credit = c("credit_minor", it) { $0.credit }
        at = c("at", it) { $0.at }
    }
}
