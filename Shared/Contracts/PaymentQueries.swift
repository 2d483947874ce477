public import FoundationEssentials
public import Wire

// The lists of Payments. A page ends with `next`, to be given as `after`; absent at the end.

public struct ListObligationsRequest: Message, Hashable {
    /// Only those of one checkout.
    public let checkoutId: UUID?
    public let after: UUID?
    public let limit: Int64

    public init(checkoutId: UUID? = nil, after: UUID? = nil, limit: Int64 = 100) {
        self.checkoutId = checkoutId
        self.after = after
        self.limit = limit
    }

    public static let fields = [
        Field("checkoutId", .id, required: false), Field("after", .id, required: false),
        Field("limit", .integer(1...500)),
    ]
}

public struct ListObligationsReply: Message, Hashable {
    public let refunds: [RefundReply]
    public let next: UUID?

    public init(refunds: [RefundReply], next: UUID?) {
        self.refunds = refunds
        self.next = next
    }

    public static let fields = [
        Field("refunds", .list(.message(RefundReply.fields), maxCount: 500)),
        Field("next", .id, required: false),
    ]
}

public struct ListUnsettledRequest: Message, Hashable {
    public let olderThanMs: Int64
    public let after: UUID?
    public let limit: Int64

    public init(olderThanMs: Int64, after: UUID? = nil, limit: Int64 = 100) {
        self.olderThanMs = olderThanMs
        self.after = after
        self.limit = limit
    }

    public static let fields = [
        Field("olderThanMs", .integer(0...Int64.max)), Field("after", .id, required: false),
        Field("limit", .integer(1...500)),
    ]
}

public struct ListUnsettledReply: Message, Hashable {
    public let payments: [PaymentReply]
    public let next: UUID?

    public init(payments: [PaymentReply], next: UUID?) {
        self.payments = payments
        self.next = next
    }

    public static let fields = [
        Field("payments", .list(.message(PaymentReply.fields), maxCount: 500)),
        Field("next", .id, required: false),
    ]
}

/// Accounts are `clearing:<provider>`, `fees:<provider>`, `funds:<checkout>`, `revenue:<event>`,
/// `tax_payable` and `refunds_payable`.
public struct LedgerBalanceRequest: Message, Hashable {
    public let prefix: String?
    /// The `next` of the page before.
    public let after: String?
    public let limit: Int64

    public init(prefix: String? = nil, after: String? = nil, limit: Int64 = 500) {
        self.prefix = prefix
        self.after = after
        self.limit = limit
    }

    public static let fields = [
        Field("prefix", .text(maxBytes: 64), required: false, "such as funds:"),
        Field("after", .text(maxBytes: 68), required: false, "the page before's next"),
        Field("limit", .integer(1...500)),
    ]
}

public struct LedgerBalanceReply: Message, Hashable {
    /// Accounts that have ever been booked on, except settled `funds:` accounts.
    public let accounts: [AccountBalance]
    /// Debits minus credits over the whole ledger, by currency: all zero (the trial balance).
    public let trialBalance: [String: Int64]
    /// The last account and currency of a full page.
    public let next: String?

    public init(accounts: [AccountBalance], trialBalance: [String: Int64], next: String?) {
        self.accounts = accounts
        self.trialBalance = trialBalance
        self.next = next
    }

    public static let fields = [
        Field("accounts", .list(.message(AccountBalance.fields), maxCount: 500)),
        Field(
            "trialBalance", .map(.integer(Int64.min...Int64.max), maxCount: 300),
            "debits minus credits by currency"),
        Field("next", .text(maxBytes: 68), required: false, "where the next page begins"),
    ]
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

    public static let fields = [
        Field("account", .text(maxBytes: 64)), Field("currency", .text(maxBytes: 3)),
        Field("debit", .integer(0...Int64.max)), Field("credit", .integer(0...Int64.max)),
    ]
}
