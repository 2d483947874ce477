import Contracts
import FoundationEssentials
import Storage

// The ledger is the longest table and lies in the order of its bookings. It is read through once,
// without an index that every sale would pay for, and summed into as many accounts as have a sum:
// the funds of a checkout that is over come to nothing and are left out.
extension PaymentStore {
    /// Accounts with their sums, and the trial balance of the whole ledger.
    func balance(_ request: LedgerBalanceRequest) async throws -> LedgerBalanceReply {
        let prefix = request.prefix ?? ""
        let last = LedgerCursor(request.after ?? "")
        let ofPage: SQL = """
            account >= \(prefix) AND account < \(prefix + "\u{10FFFF}")
                AND (account > \(last.account)
                    OR (account = \(last.account) AND currency > \(last.currency)))
            """
        return try await database.survey { reader in
            let accounts = try reader.balances(ofPage).prefix(Int(request.limit))
            return LedgerBalanceReply(
                accounts: Array(accounts), trialBalance: try reader.trialBalance(),
                next: accounts.count == Int(request.limit)
                    ? accounts.last.map { LedgerCursor($0).text } : nil)
        }
    }
}

/// An account has a row a currency.
struct LedgerPlace: Hashable, Comparable {
    let account: String
    let currency: String

    init(from columns: inout ColumnReader) throws {
        account = try columns.next()
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
        var sums: [LedgerPlace: (debit: Int64, credit: Int64)] = [:]
        func add(_ lines: SQL, where isWanted: (LedgerPlace) -> Bool) throws {
            try forEach(
                """
                SELECT account, currency, debit_minor, credit_minor FROM ledger_entry
                WHERE \(lines) AND \(condition)
                """
            ) {
                let place = try LedgerPlace(from: &$0)
                guard isWanted(place) else { return }
                sums[place, default: (0, 0)].debit &+= try $0.next()
                sums[place, default: (0, 0)].credit &+= try $0.next()
            }
        }
        try add("(account < 'funds:' OR account >= 'funds;')") { _ in true }
        // The few that are left are summed again, with all that they ever had.
        let open = try openFunds(where: condition).sums
        if !open.isEmpty {
            try add("account >= 'funds:' AND account < 'funds;'") { open[$0] != nil }
        }
        return sums.sorted { $0.key < $1.key }.map { place, sum in
            AccountBalance(
                account: place.account, currency: Currency(place.currency), debit: sum.debit,
                credit: sum.credit)
        }
    }

    /// Debits minus credits of each currency: zero in sound books. There are few currencies, so
    /// that one look for each is less than sorting all lines by theirs.
    fileprivate func trialBalance() throws -> [String: Int64] {
        let currencies = try query("SELECT DISTINCT currency FROM ledger_entry") {
            try $0.next(String.self)
        }
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

/// Where a page of balances ended. An account has a row a currency, and a page may end between
/// them: both stand in the text, the currency after the last space.
private struct LedgerCursor {
    let account: String
    let currency: String

    init(_ row: AccountBalance) {
        account = row.account
        currency = row.currency.code
    }

    init(_ text: String) {
        let space = text.lastIndex(of: " ")
        account = String(text[..<(space ?? text.endIndex)])
        // A plain account, as somebody may type it, stands for all of its rows.
        currency = space.map { String(text[text.index(after: $0)...]) } ?? "\u{10FFFF}"
    }

    var text: String { "\(account) \(currency)" }
}
