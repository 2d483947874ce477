import Contracts
import Testing

@testable import Demo

struct FiguresTests {
    @Test(arguments: [
        (Int64(0), "0"), (999, "999"), (1_000, "1,000"), (20_000_001, "20,000,001"),
        (-1_234, "-1,234"), (.min, "-9,223,372,036,854,775,808"),
    ])
    func countsAreGrouped(_ value: Int64, _ text: String) { #expect(Figures.count(value) == text) }

    @Test(arguments: [
        (Int64(5), "EUR", "0.05 EUR"), (123_456, "EUR", "1,234.56 EUR"), (-250, "USD", "-2.50 USD"),
        (1_500, "JPY", "1,500 JPY"), (1_500, "KWD", "1.500 KWD"),
    ])
    func moneyHasItsCurrencysDigits(_ amount: Int64, _ currency: String, _ text: String) {
        #expect(Figures.money(amount, Currency(currency)) == text)
    }

    @Test(arguments: [
        (0.0, 1, "0.0"), (1.25, 1, "1.3"), (-0.5, 2, "-0.50"), (99.999, 2, "100.00"),
        (7.4, 0, "7"), (.infinity, 1, "-"), (1e300, 1, "100000000000000.0"),
    ])
    func decimalsAreRounded(_ value: Double, _ places: Int, _ text: String) {
        #expect(Figures.decimal(value, places) == text)
    }

    @Test(arguments: [
        (Int64(0), Int64(10), "[     ]"), (5, 10, "[=>   ]"), (10, 10, "[=====]"),
        (20, 10, "[=====]"), (1, 0, "[     ]"),
    ])
    func barsStayWithinTheirFrame(_ part: Int64, _ whole: Int64, _ bar: String) {
        #expect(Figures.bar(part, of: whole, width: 5) == bar)
    }
}

struct OptionsTests {
    @Test func theLastWordWins() throws {
        let options = try Options.parse([
            "--event", "a", "--buyers", "7", "--seed", "9", "--json", "--event", "b",
        ])
        #expect(options == Options(event: "b", buyers: 7, seed: 9, json: true))
        #expect(try Options.parse([]) == Options())
    }

    @Test(arguments: [
        ["--event"], ["--buyers", "0"], ["--buyers", "401"], ["--buyers", "x"], ["--seed", "-1"],
        ["--sed", "1"], ["extra"],
    ])
    func whatCannotBeMeantIsRefused(_ arguments: [String]) {
        #expect(throws: UsageError.self) { try Options.parse(arguments) }
    }
}
