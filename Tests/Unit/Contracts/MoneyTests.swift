import Contracts
import Testing
import Text

/// Currencies, and money as people read it.
@Suite struct MoneyTests {
    @Test(arguments: [
        (396, "EUR", "3.96 EUR"), (396, "JPY", "396 JPY"), (396, "KWD", "0.396 KWD"),
        (5, "EUR", "0.05 EUR"), (0, "EUR", "0.00 EUR"), (-1_234, "CLF", "-0.1234 CLF"),
        (100_000, "VND", "100000 VND"), (396, "QQQ", "396 minor units of \"QQQ\""),
        (Int64.min, "EUR", "-92233720368547758.08 EUR"),
    ])
    func moneyIsShownInItsUnits(_ amount: Int64, _ currency: String, _ text: String) {
        #expect(Money(amount, Currency(currency)).text == text)
    }

    @Test func currenciesAreThoseOfISO4217() {
        for (code, exponent) in [("EUR", 2), ("JPY", 0), ("KWD", 3), ("UYW", 4), ("VND", 0)] {
            #expect(Currency(code).exponent == exponent)
        }
        for code in ["ZZZ", "QQQ", "XXX", "XTS", "XAU", "eur", "EU", "", "EURO", "DEM"] {
            #expect(Currency(code).exponent == nil, "\(code)")
        }
    }

    @Test func twoMessagesAreTheSameWhenTheirBytesAre() {
        let one = Contact(email: "ann@example.org", name: "Jos\u{e9}")
        #expect(one != Contact(email: "ann@example.org", name: "Jose\u{301}"))
        #expect(one == Contact(email: "ann@example.org", name: "Jos\u{e9}"))
        #expect(Money(1, Currency("EUR")) == Money(1, Currency("EUR")))
        #expect(Money(1, Currency("EUR")) != Money(1, Currency("USD")))
    }
}
