import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Text
import Wire

// The ledger is the longest table and lies in the order of its bookings. It is read through once,
// without an index that every sale would pay for, and summed into as many accounts as have a sum:
// the funds of a checkout that is over come to nothing and are left out.
extension PaymentStore {
    /// Accounts with their sums, and the trial balance of the whole ledger.
    func balance(_ request: LedgerBalanceRequest) async throws -> LedgerBalanceReply {
        let prefix = (request.prefix ?? "").lowercased()
        let page = try Page<AccountBalance, LedgerPlace>(
            of: PaymentsAPI.ledgerBalance.name, among: [request.prefix], after: request.after,
            limit: request.limit)
        let last = page.after ?? LedgerPlace(account: "", currency: "")
        let ofPage: SQL = """
            lower(account) >= \(prefix) AND lower(account) < \(prefix + "\u{10FFFF}")
                AND (lower(account) > \(last.account)
                    OR (lower(account) = \(last.account) AND currency > \(last.currency)))
            """
        return try await database.survey { reader in
            var page = page
            for row in try reader.balances(ofPage) {
                let place = LedgerPlace(
                    account: ByteText(row.account), currency: ByteText(row.currency.code))
                guard try page.take(row, at: place) else { break }
            }
            return LedgerBalanceReply(
                accounts: page.rows, trialBalance: try reader.trialBalance(), next: page.next)
        }
    }
}

/// An account has a row a currency, and a page may end between them. Versions before this one wrote
/// the ids in names of accounts in capitals, and may do so beside it: what is read is folded, so
/// that both are one account.
struct LedgerPlace: Hashable, Comparable {
    let account: ByteText
    let currency: ByteText

    init(account: ByteText, currency: ByteText) {
        self.account = account
        self.currency = currency
    }

    init(from columns: inout ColumnReader) throws {
        account = ByteText(try columns.next(String.self).lowercased())
        currency = try columns.next()
    }

    static func < (left: LedgerPlace, right: LedgerPlace) -> Bool {
        (left.account, left.currency) < (right.account, right.currency)
    }
}

extension Reader {
    /// Credits minus debits of checkouts' funds; what is zero is left out.
    func openFunds(where condition: SQL = "1 = 1") throws -> OpenSums<LedgerPlace> {
        var funds = OpenSums<LedgerPlace>()
        try forEach(
            """
            SELECT account, currency, credit_minor - debit_minor FROM ledger_entry
            WHERE account >= 'funds:' AND account < 'funds;' AND \(condition)
            """
        ) {
            let place = try LedgerPlace(from: &$0)
            funds.add(try $0.next(), to: place)
        }
        return funds
    }

    /// In order of accounts and currencies; funds that are zero are left out.
    fileprivate func balances(_ condition: SQL) throws -> [AccountBalance] {
        var sums: [LedgerPlace: (debit: Int128, credit: Int128)] = [:]
        func add(_ lines: SQL, where isWanted: (LedgerPlace) -> Bool) throws {
            try forEach(
                """
                SELECT account, currency, debit_minor, credit_minor FROM ledger_entry
                WHERE \(lines) AND \(condition)
                """
            ) {
                let place = try LedgerPlace(from: &$0)
                guard isWanted(place) else { return }
                sums[place, default: (0, 0)].debit += Int128(try $0.next(Int64.self))
                sums[place, default: (0, 0)].credit += Int128(try $0.next(Int64.self))
            }
        }
        try add("(account < 'funds:' OR account >= 'funds;')") { _ in true }
        // The few that are left are summed again, with all that they ever had.
        let open = try openFunds(where: condition).sums
        if !open.isEmpty {
            try add("account >= 'funds:' AND account < 'funds;'") { open[$0] != nil }
        }
        return try sums.sorted { $0.key < $1.key }.map { place, sum in
            guard let debit = Int64(exactly: sum.debit), let credit = Int64(exactly: sum.credit)
            else {
                throw StorageError(
                    .corrupt, "ledger: the entries of \(place.account) are beyond 64 bits")
            }
            return AccountBalance(
                account: place.account.string, currency: Currency(place.currency.string),
                debit: debit, credit: credit)
        }
    }

    /// Debits minus credits of each currency: zero in sound books. There are few currencies, so
    /// that one look for each is less than sorting all lines by theirs.
    ///
    /// Currency codes are three capital letters, each with one spelling.
    fileprivate func trialBalance() throws -> [String: Int64] {
        let currencies = try query("SELECT DISTINCT currency FROM ledger_entry") {
            try $0.next(String.self)
        }
        // As above.
        var balance: [String: Int64] = [:]
        for currency in currencies {
            balance[currency] = try query(
                """
                SELECT CAST(SUM(debit_minor - credit_minor) AS BIGINT) FROM ledger_entry
                WHERE currency = \(currency)
                """
            ) { try $0.next(Int64.self) }.first
        }
        return balance
    }
}

extension LedgerPlace: CBORWritable, CBORReadable {
    func write(to writer: inout CBORWriter) {
        [account.string, currency.string].write(to: &writer)
    }

    init(from reader: inout CBORReader) throws {
        _ = try reader.readArrayHeader()
        self.init(
            account: ByteText(try reader.readKeyText()),
            currency: ByteText(try reader.readKeyText()))
    }
}
