public import FoundationEssentials
internal import Text
public import Wire

// The lists of Payments.

public struct ListObligationsRequest: Message, Hashable {
    public let checkoutId: UUID?
    public let after: String?
    public let limit: Int64?

    public init(checkoutId: UUID? = nil, after: String? = nil, limit: Int64? = nil) {
        self.checkoutId = checkoutId
        self.after = after
        self.limit = limit
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checkoutId = f("checkoutId", it, "only those of one checkout") { $0.checkoutId }
        after = f.after(it) { $0.after }
        limit = f.limit(it) { $0.limit }
    }
}

public struct ListObligationsReply: Message, Hashable {
    public let refunds: [RefundReply]
    public let next: String?

    public init(refunds: [RefundReply], next: String?) {
        self.refunds = refunds
        self.next = next
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        refunds = f("refunds", it, .list(maxCount: 500)) { $0.refunds }
        next = f.next(it) { $0.next }
    }
}

public struct ListUnsettledRequest: Message, Hashable {
    public let olderThanMs: Int64?
    public let after: String?
    public let limit: Int64?

    public init(olderThanMs: Int64? = nil, after: String? = nil, limit: Int64? = nil) {
        self.olderThanMs = olderThanMs
        self.after = after
        self.limit = limit
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        olderThanMs = f("olderThanMs", it, .integer(0...Int64.max), "0") { $0.olderThanMs }
        after = f.after(it) { $0.after }
        limit = f.limit(it) { $0.limit }
    }
}

public struct ListUnsettledReply: Message, Hashable {
    public let payments: [PaymentReply]
    public let next: String?

    public init(payments: [PaymentReply], next: String?) {
        self.payments = payments
        self.next = next
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        payments = f("payments", it, .list(maxCount: 500)) { $0.payments }
        next = f.next(it) { $0.next }
    }
}

/// Accounts are `clearing:<provider>`, `fees:<provider>`, `funds:<checkout>`, `revenue:<event>`,
/// `tax_payable` and `refunds_payable`.
public struct LedgerBalanceRequest: Message, Hashable {
    public let prefix: String?
    public let after: String?
    public let limit: Int64?

    public init(prefix: String? = nil, after: String? = nil, limit: Int64? = nil) {
        self.prefix = prefix
        self.after = after
        self.limit = limit
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        prefix = f("prefix", it, .text(maxBytes: 64, .raw), "such as funds:") { $0.prefix }
        after = f.after(it) { $0.after }
        limit = f.limit(it) { $0.limit }
    }
}

public struct LedgerBalanceReply: Message, Hashable {
    /// Accounts that have ever been booked on, except settled `funds:` accounts.
    public let accounts: [AccountBalance]
    /// Debits minus credits over the whole ledger, by currency: all zero (the trial balance).
    public let trialBalance: [String: Int64]
    public let next: String?

    public init(accounts: [AccountBalance], trialBalance: [String: Int64], next: String?) {
        self.accounts = accounts
        self.trialBalance = trialBalance
        self.next = next
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        accounts = f("accounts", it, .list(maxCount: 500)) { $0.accounts }
        trialBalance = f(
            "trialBalance", it, .map(.integer(Int64.min...Int64.max), maxCount: 300),
            "debits minus credits by currency"
        ) { $0.trialBalance }
        next = f.next(it) { $0.next }
    }
}

public struct AccountBalance: Message, Hashable {
    public let account: String
    public let currency: Currency
    /// Sums in minor units since the beginning.
    public let debit: Int64
    public let credit: Int64

    public init(account: String, currency: Currency, debit: Int64, credit: Int64) {
        self.account = account
        self.currency = currency
        self.debit = debit
        self.credit = credit
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        account = f("account", it, .text(maxBytes: 64)) { $0.account }
        currency = f("currency", it, .code(.currencyCode)) { $0.currency }
        debit = f("debit", it, .integer(0...Int64.max)) { $0.debit }
        credit = f("credit", it, .integer(0...Int64.max)) { $0.credit }
    }
}
