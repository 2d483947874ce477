public import Text
public import Wire

/// An amount in minor units of an ISO 4217 currency.
public struct Money: Message, Hashable {
    public let amount: Int64
    public let currency: Currency

    public init(_ amount: Int64, _ currency: Currency) {
        self.amount = amount
        self.currency = currency
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        amount = f("amount", it, .integer(Int64.min...Int64.max), "minor units") { $0.amount }
        currency = f("currency", it, .code(.currencyCode), "ISO 4217") { $0.currency }
    }

    public static func == (left: Money, right: Money) -> Bool {
        left.amount == right.amount && left.currency == right.currency
    }
}

/// Between which amounts a field may be, whatever the currency.
public struct MoneyRule: PlainRule {
    let range: ClosedRange<Int64>

    public init() { self.init(Int64.min...Int64.max) }

    private init(_ range: ClosedRange<Int64>) { self.range = range }

    public static func money(_ range: ClosedRange<Int64>) -> MoneyRule { MoneyRule(range) }
}

extension Money {
    public typealias Rule = MoneyRule

    public static func type(_ rule: MoneyRule) -> FieldType {
        .message(
            fields.map { field in
                guard case .integer = field.type else { return field }
                return Field(field.name, .integer(rule.range), field.note)
            }, name: "\(Money.self)")
    }

    public static func read(
        _ reader: inout CBORReader, _ rule: MoneyRule
    ) throws(CBORError) -> Money {
        let money = try fields(from: &reader)
        guard !reader.isStrict || rule.range.contains(money.amount) else {
            throw reader.refused()
        }
        return money
    }
}

/// An ISO 4217 code: three capital letters.
public struct Currency: Hashable, Sendable {
    /// ISO 4217's code for where no currency is involved.
    public static let notApplicable = Currency("XXX")

    public let code: String

    public init(_ code: String) { self.code = code }
}

/// What a currency's code is held to.
public struct CurrencyRule: Sendable {
    let text: @Sendable () -> TextRule

    public static func code(
        _ text: @autoclosure @escaping @Sendable () -> TextRule
    ) -> CurrencyRule {
        CurrencyRule(text: text)
    }
}

extension Currency: FieldValue {
    public static var blank: Currency { Currency("") }
    public static func type(_ rule: CurrencyRule) -> FieldType { string(rule).type }

    public static func read(
        _ reader: inout CBORReader, _ rule: CurrencyRule
    ) throws(CBORError) -> Currency {
        Currency(try String.read(&reader, string(rule)))
    }

    public func write(to writer: inout CBORWriter) { writer.text(code) }

    static func string(_ rule: CurrencyRule) -> StringRule {
        .text(maxBytes: 3, rule.text())
    }
}
