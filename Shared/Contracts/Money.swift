internal import Text
public import Wire

/// An amount in minor units of an ISO 4217 currency.
public struct Money: Message, Hashable {
    public let amount: Int64
    public let currency: Currency

    public init(_ amount: Int64, _ currency: Currency) {
        self.amount = amount
        self.currency = currency
    }

    public static func == (left: Money, right: Money) -> Bool {
        left.amount == right.amount && left.currency == right.currency
    }

    public static let fields = [
        Field("amount", .integer(Int64.min...Int64.max), "minor units"),
        Field("currency", .text(maxBytes: 3, .currencyCode), "ISO 4217"),
    ]

    /// A field that holds money between two amounts, whatever the currency.
    public static func field(
        _ name: String, _ range: ClosedRange<Int64>, required: Bool = true, _ note: String = ""
    ) -> Field {
        Field(
            name, .message([Field("amount", .integer(range), "minor units"), fields[1]]),
            required: required, note)
    }
}

/// An ISO 4217 code: three capital letters.
public struct Currency: Hashable, Sendable, Codable {
    /// ISO 4217's code for where no currency is involved.
    public static let notApplicable = Currency("XXX")

    public let code: String

    public init(_ code: String) { self.code = code }

    public init(from decoder: any Decoder) throws {
        code = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(code)
    }
}
