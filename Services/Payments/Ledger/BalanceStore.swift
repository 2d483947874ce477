import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Text
import Wire

// The ledger is the longest table, and nobody reads it through to hear a balance: each account's
// sums are kept in the batch that books. Only funds of a checkout have none, since they come and go
// with each sale; those that are open are what their payments say (M-3).
extension PaymentStore {
    /// Accounts with their sums, and the trial balance of the whole ledger.
    func balance(_ request: LedgerBalanceRequest) async throws -> LedgerBalanceReply {
        let prefix = (request.prefix ?? "").lowercased()
        let page = try Page<AccountBalance, LedgerPlace>(
            of: PaymentsAPI.ledgerBalance.name, among: [request.prefix], after: request.after,
            limit: request.limit)
        let last = page.after ?? LedgerPlace(account: "", currency: "")
        return try await database.read { reader in
            var page = page
            let funds = try reader.openFundsOfPayments()
            let kept = try reader.keptBalances(prefix, after: last, limit: page.rowsToRead)
            let wanted = funds.filter { $0.key > last && $0.key.account.string.hasPrefix(prefix) }
            for row in (kept + wanted).sorted(by: { $0.key < $1.key }) {
                guard page.take(AccountBalance(row), at: row.key) else { break }
            }
            return LedgerBalanceReply(
                accounts: page.rows, trialBalance: try reader.trialBalance(with: funds),
                next: page.next)
        }
    }
}

/// What an account has come to in a currency.
struct BalanceRow: StoredRow {
    static let table = TableLayout("ledger_balance", of: Self.self)

    let key: LedgerPlace
    private(set) var debit: Int64
    private(set) var credit: Int64

    init(_ key: LedgerPlace, debit: Int64 = 0, credit: Int64 = 0) {
        self.key = key
        self.debit = debit
        self.credit = credit
    }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        key = LedgerPlace.walk(c, it) { $0.key }
        debit = c("debit_minor", it) { $0.debit }
        credit = c("credit_minor", it) { $0.credit }
    }

    /// What is beyond 64 bits is left out, and verification tells of it.
    mutating func add(debit more: Int64, credit: Int64) {
        let debits = debit.addingReportingOverflow(more)
        let credits = self.credit.addingReportingOverflow(credit)
        guard !debits.overflow, !credits.overflow else { return }
        self.debit = debits.partialValue
        self.credit = credits.partialValue
    }
}

extension AccountBalance {
    fileprivate init(_ row: BalanceRow) {
        self.init(
            account: row.key.account.string, currency: Currency(row.key.currency.string),
            debit: row.debit, credit: row.credit)
    }
}

extension Batch {
    func book(_ bookings: [Booking]) throws {
        for booking in bookings {
            for row in LedgerRow.rows(of: booking, at: now) {
                try insert(row)
                if !row.isFunds {
                    try keep(LedgerPlace(of: row), debit: row.debit, credit: row.credit)
                }
            }
        }
    }

    /// Adds to what is kept of an account. A sum that can't be read keeps nobody from paying:
    /// verification tells of it.
    func keep(_ place: LedgerPlace, debit: Int64, credit: Int64) throws {
        let known: BalanceRow?
        do { known = try find(BalanceRow.self, place) } catch let error as StorageError
            where error.code == .corrupt
        { return }
        var row = known ?? BalanceRow(place)
        row.add(debit: debit, credit: credit)
        if known == nil { try insert(row) } else { try update(row) }
    }
}

/// An account has a row a currency, and a page may end between them. Versions before this one wrote
/// the ids in names of accounts in capitals, and may do so beside it: what is read is folded, so
/// that both are one account.
struct LedgerPlace: CompoundKey, Comparable {
    let account: ByteText
    let currency: ByteText

    init(account: ByteText, currency: ByteText) {
        self.account = account
        self.currency = currency
    }

    init(of row: LedgerRow) {
        self.init(
            account: ByteText(row.account.lowercased()), currency: ByteText(row.currency))
    }

    static func walk<Row>(
        _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
    ) -> Self {
        let name = c("account", it) { get($0).account }
        return Self(
            account: ByteText(name.string.lowercased()),
            currency: c("currency", it) { get($0).currency })
    }

    static func < (left: LedgerPlace, right: LedgerPlace) -> Bool {
        (left.account, left.currency) < (right.account, right.currency)
    }
}

extension Reader {
    /// In the order of their keys.
    fileprivate func keptBalances(
        _ prefix: String, after last: LedgerPlace, limit: Int64
    ) throws -> [BalanceRow] {
        try query(
            """
            SELECT account, currency, debit_minor, credit_minor FROM ledger_balance
            WHERE account >= \(prefix) AND account < \(prefix + "\u{10FFFF}")
                AND (account, currency) > (\(last.account), \(last.currency))
            ORDER BY account, currency LIMIT \(limit)
            """
        ) { try BalanceRow(from: &$0) }
    }

    /// The few that their sagas still decide about.
    fileprivate func openFundsOfPayments() throws -> [BalanceRow] {
        try query(
            """
            SELECT checkout_id, currency, CAST(SUM(refund_owed_minor) AS BIGINT),
                CAST(SUM(captured_minor) AS BIGINT)
            FROM payment
            WHERE open_since IS NOT NULL AND state = 'CAPTURED' AND outcome IS NULL
            GROUP BY checkout_id, currency
            HAVING SUM(captured_minor) <> SUM(refund_owed_minor)
            """
        ) { columns in
            let account = Account.funds(checkout: try columns.next()).name
            let place = LedgerPlace(account: ByteText(account), currency: try columns.next())
            return BalanceRow(place, debit: try columns.next(), credit: try columns.next())
        }
    }

    /// Debits minus credits of each currency: zero in sound books.
    ///
    /// Currency codes are three capital letters, each with one spelling.
    fileprivate func trialBalance(with funds: [BalanceRow]) throws -> [String: Int64] {
        // As above.
        var balance: [String: Int64] = [:]
        for (currency, sum) in try query(
            """
            SELECT currency, CAST(SUM(debit_minor - credit_minor) AS BIGINT) FROM ledger_balance
            GROUP BY currency
            """, { (try $0.next(String.self), try $0.next(Int64.self)) })
        { balance[currency] = sum }
        for row in funds {
            let sum = Int128(balance[row.key.currency.string] ?? 0)
            balance[row.key.currency.string] = Int64(
                clamping: sum + Int128(row.debit) - Int128(row.credit))
        }
        return balance
    }

    /// Credits minus debits of checkouts' funds, by the ledger itself; what is zero is left out.
    func openFunds() throws -> OpenSums<LedgerPlace> {
        var funds = OpenSums<LedgerPlace>()
        try forEach(
            """
            SELECT account, currency, credit_minor - debit_minor FROM ledger_entry
            WHERE account >= 'funds:' AND account < 'funds;'
            """
        ) {
            let place = try LedgerPlace(from: &$0)
            funds.add(try $0.next(), to: place)
        }
        return funds
    }

    /// What the ledger has more of each account than is kept. Added up line by line: to group them
    /// would sort the longest table.
    func missingFromBalances() throws -> [BalanceRow] {
        var (debits, credits) = (OpenSums<LedgerPlace>(), OpenSums<LedgerPlace>())
        func add(_ rows: SQL, times sign: Int128) throws {
            try forEach("SELECT account, currency, debit_minor, credit_minor FROM \(rows)") {
                let place = try LedgerPlace(from: &$0)
                debits.add(try $0.next(), to: place, times: sign)
                credits.add(try $0.next(), to: place, times: sign)
            }
        }
        try add("ledger_entry WHERE account < 'funds:' OR account >= 'funds;'", times: 1)
        try add("ledger_balance", times: -1)
        return Set(debits.sums.keys).union(credits.sums.keys).sorted().map { place in
            BalanceRow(
                place, debit: Int64(clamping: debits.sums[place] ?? 0),
                credit: Int64(clamping: credits.sums[place] ?? 0))
        }
    }

    /// P-5: the kept sums of accounts are those of the ledger.
    func miskeptBalances() throws -> [Violation] {
        try missingFromBalances().map { missing in
            Violation(
                invariant: "P-5",
                subject: "\(missing.key.account.string) in \(missing.key.currency.string)",
                expected: "the debits and credits of the ledger",
                actual: "\(missing.debit) and \(missing.credit) less in the kept sums")
        }
    }
}

extension Recount<BalanceRow> {
    /// Of the kept sums of accounts.
    static func balances(in database: Database, world: World) -> Recount {
        Recount(in: database, world: world) {
            try $0.missingFromBalances()
        } adding: {
            try $0.keep($1.key, debit: $1.debit, credit: $1.credit)
        }
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
