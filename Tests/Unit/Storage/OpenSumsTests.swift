import Storage
import Testing

/// Sums of a verification.
@Suite struct OpenSumsTests {
    /// In 64 bits this history comes to nothing, and so would look settled.
    @Test func anOverflowIsNotTakenForNothing() {
        var sums = OpenSums<Int>()
        for amount in [Int64.max, .max, 2] { sums.add(amount, to: 1) }
        #expect(sums.sums[1] == Int128(Int64.max) * 2 + 2)
        for amount in [Int64.max, .max, 2] { sums.add(amount, to: 1, times: -1) }
        #expect(sums.sums.isEmpty)
    }
}
