import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Text

/// One line of a booking.
struct LedgerRow: StoredRow {
    /// The fact that is booked, and the line within it: nothing can be booked twice.
    struct Key: StoredKey {
        let ref: UUID
        let kind: ByteText
        let line: Int64

        func write(to columns: inout ColumnWriter) {
            columns.append(ref)
            columns.append(kind)
            columns.append(line)
        }
    }

    static let table = TableLayout(
        "ledger_entry", key: ["ref", "kind", "line"],
        columns: [
            "ref", "kind", "line", "account", "currency", "debit_minor", "credit_minor", "at",
        ])

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

    func write(to columns: inout ColumnWriter) {
        key.write(to: &columns)
        columns.append(account)
        columns.append(currency)
        columns.append(debit)
        columns.append(credit)
        columns.append(at)
    }
}

extension LedgerRow {
    init(from columns: inout ColumnReader) throws {
        key = Key(
            ref: try columns.next(), kind: try columns.next(), line: try columns.next())
        account = try columns.next()
        currency = try columns.next()
        debit = try columns.next()
        credit = try columns.next()
        at = try columns.next()
    }
}
