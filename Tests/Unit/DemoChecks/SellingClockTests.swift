import Testing

@testable import Demo

struct SellingClockTests {
    @Test func itStandsStillWhileThereIsNothingToSell() {
        var clock = SellingClock()
        #expect(clock.reading(at: 2) == 2)
        clock.stop(at: 3)
        clock.stop(at: 4)
        #expect(clock.reading(at: 60) == 3)
        clock.goOn(at: 63)
        clock.goOn(at: 64)
        #expect(clock.reading(at: 65) == 5)
    }
}
