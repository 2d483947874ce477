public import FoundationEssentials
internal import Text
public import Wire

// The lists of Payments.

public struct ListObligationsRequest: Message, Hashable {
    /// Only those of one checkout.
    public let checkoutId: UUID?
    public let after: String?
    public let limit: Int64?

    public init(checkoutId: UUID? = nil, after: String? = nil, limit: Int64? = nil) {
        self.checkoutId = checkoutId
        self.after = after
        self.limit = limit
    }

    public static let fields = [
        Field("checkoutId", .id, required: false, "only those of one checkout"), Paging.limit,
        Paging.after,
    ]
}

public struct ListObligationsReply: Message, Hashable {
    public let refunds: [RefundReply]
    public let next: String?

    public init(refunds: [RefundReply], next: String?) {
        self.refunds = refunds
        self.next = next
    }

    public static let fields = [
        Field("refunds", .list(.message(RefundReply.fields), maxCount: 500)),
        Paging.next,
    ]
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

    public static let fields = [
        Field("olderThanMs", .integer(0...Int64.max), required: false, "0"), Paging.limit,
        Paging.after,
    ]
}

public struct ListUnsettledReply: Message, Hashable {
    public let payments: [PaymentReply]
    public let next: String?

    public init(payments: [PaymentReply], next: String?) {
        self.payments = payments
        self.next = next
    }

    public static let fields = [
        Field("payments", .list(.message(PaymentReply.fields), maxCount: 500)),
        Paging.next,
    ]
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

    public static let fields = [
        Field("prefix", .text(maxBytes: 64, .raw), required: false, "such as funds:"), Paging.limit,
        Paging.after,
    ]
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

    public static let fields = [
        Field("accounts", .list(.message(AccountBalance.fields), maxCount: 500)),
        Field(
            "trialBalance", .map(.integer(Int64.min...Int64.max), maxCount: 300),
            "debits minus credits by currency"),
        Paging.next,
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
        Field("account", .text(maxBytes: 64)), Field("currency", .text(maxBytes: 3, .currencyCode)),
        Field("debit", .integer(0...Int64.max)), Field("credit", .integer(0...Int64.max)),
    ]
}
