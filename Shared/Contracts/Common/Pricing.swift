public import FoundationEssentials
public import Wire

/// What one line of a hold costs: the same integers in the quote, the charge and the ledger.
///
/// The fee is the event's fee for each ticket that is not free. Tax is taken on price and fee of
/// the whole line, in hundredths of a percent, rounded half up, and comes on top.
public struct LinePrice: Hashable, Sendable {
    /// Minor units of one ticket, without fee and tax.
    public let unitPrice: Int64
    /// Minor units of the whole line.
    public let fee: Int64
    /// Minor units of the whole line.
    public let tax: Int64

    public init(unitPrice: Int64, fee: Int64, tax: Int64) {
        self.unitPrice = unitPrice
        self.fee = fee
        self.tax = tax
    }

    /// Nil where a number is negative or does not fit.
    public init?(
        unitPrice: Int64, quantity: Int64, feePerTicket: Int64, taxBasisPoints: Int64
    ) {
        guard unitPrice >= 0, quantity >= 0, feePerTicket >= 0, taxBasisPoints >= 0,
            let price = unitPrice.times(quantity),
            let fee = (unitPrice == 0 ? 0 : feePerTicket).times(quantity),
            let taxed = price.plus(fee),
            // Ten-thousandths apart, so that no product is larger than the tax itself.
            let rest = (taxed % 10_000).times(taxBasisPoints)?.plus(5_000),
            let tax = (taxed / 10_000).times(taxBasisPoints)?.plus(rest / 10_000)
        else { return nil }
        self.init(unitPrice: unitPrice, fee: fee, tax: tax)
    }

    /// What the whole line costs, fee and tax included; nil where that does not fit.
    public func total(of quantity: Int64) -> Int64? {
        unitPrice.times(quantity)?.plus(fee)?.plus(tax)
    }
}

/// One priced line of a hold, as it was when the hold was made.
public struct PricedLine: Message, Hashable {
    public let ticketTypeId: UUID
    /// The type's name; in checkouts and orders as it was when it was reserved.
    public let name: String
    public let quantity: Int64
    public let unitPrice: Money
    public let fee: Money
    public let tax: Money

    public init(
        ticketTypeId: UUID, name: String, quantity: Int64, unitPrice: Money, fee: Money, tax: Money
    ) {
        self.ticketTypeId = ticketTypeId
        self.name = name
        self.quantity = quantity
        self.unitPrice = unitPrice
        self.fee = fee
        self.tax = tax
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        ticketTypeId = f("ticketTypeId", it) { $0.ticketTypeId }
        name = f(
            "name", it, .text(maxBytes: Bounds.nameBytes), "the type's name when it was reserved"
        ) { $0.name }
        quantity = f("quantity", it, .integer(Bounds.ticketsPerLine)) { $0.quantity }
        unitPrice = f(
            "unitPrice", it, .money(Bounds.priceMinor), "one ticket, without fee and tax"
        ) { $0.unitPrice }
        fee = f("fee", it, .money(0...Int64.max), "the whole line") { $0.fee }
        tax = f("tax", it, .money(0...Int64.max), "the whole line") { $0.tax }
    }
}

/// What a purchase costs: `total` is `subtotal` + `fees` + `tax`.
public struct Totals: Message, Hashable {
    public let subtotal: Money
    public let fees: Money
    public let tax: Money
    public let total: Money

    public init(subtotal: Money, fees: Money, tax: Money, total: Money) {
        self.subtotal = subtotal
        self.fees = fees
        self.tax = tax
        self.total = total
    }

    /// The sum of the lines; nil when there is none, when currencies differ, or when a sum does
    /// not fit.
    public init?(of lines: [PricedLine]) {
        guard let currency = lines.first?.unitPrice.currency else { return nil }
        var subtotal: Int64 = 0
        var fees: Int64 = 0
        var tax: Int64 = 0
        for line in lines {
            let amounts = [line.unitPrice, line.fee, line.tax]
            guard amounts.allSatisfy({ $0.currency == currency }),
                let price = line.unitPrice.amount.times(line.quantity),
                let newSubtotal = subtotal.plus(price),
                let newFees = fees.plus(line.fee.amount),
                let newTax = tax.plus(line.tax.amount)
            else { return nil }
            (subtotal, fees, tax) = (newSubtotal, newFees, newTax)
        }
        guard let total = subtotal.plus(fees)?.plus(tax) else { return nil }
        self.init(
            subtotal: Money(subtotal, currency), fees: Money(fees, currency),
            tax: Money(tax, currency), total: Money(total, currency))
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        subtotal = f(
            "subtotal", it, .money(0...Int64.max), "tickets, without fees and tax"
        ) { $0.subtotal }
        fees = f("fees", it, .money(0...Int64.max)) { $0.fees }
        tax = f("tax", it, .money(0...Int64.max)) { $0.tax }
        total = f("total", it, .money(0...Int64.max)) { $0.total }
    }
}

extension Int64 {
    /// The sum, or nil where it does not fit.
    func plus(_ other: Int64) -> Int64? {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? nil : sum
    }

    /// The product, or nil where it does not fit.
    func times(_ other: Int64) -> Int64? {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? nil : product
    }
}
