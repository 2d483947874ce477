import Lifecycle
import Support
import Testing

@Suite struct RetryPolicyTests {
    @Test func aDelayGrowsToTheLongest() {
        let policy = RetryPolicy(firstMs: 1_000, longestMs: 300_000)
        let delays = [Int64.min, 0, 1, 2, 8, 9, .max].map { policy.delayMs(after: $0) }
        #expect(delays == [1_000, 1_000, 2_000, 4_000, 256_000, 300_000, 300_000])
        #expect(policy.delayMs(after: 3, SeededRandom(seed: 1)) == 8_000)
    }

    @Test(arguments: [
        (RetryPolicy.Jitter.around(percent: 20), Int64(800)...1_200),
        (.shorter(percent: 50), 500...1_000),
    ])
    func itIsDrawnFromTheWholeWidth(_ jitter: RetryPolicy.Jitter, _ bounds: ClosedRange<Int64>) {
        let policy = RetryPolicy(firstMs: 1_000, longestMs: 1_000, jitter: jitter)
        let random = SeededRandom(seed: 3)
        let delays = (0..<2_000).map { _ in policy.delayMs(after: 0, random) }
        #expect(delays.allSatisfy(bounds.contains))
        let width = bounds.upperBound - bounds.lowerBound
        #expect((delays.max() ?? 0) - (delays.min() ?? 0) > width * 9 / 10)
    }
}
