import Support
import Testing

@testable import Saga

@Suite struct BackoffTests {
    @Test func itDoublesFromAFifthOfASecondToAMinuteAndKeepsHalf() {
        let random = SeededRandom(seed: 5)
        for (attempt, full) in [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 60_000]
            .enumerated()
        {
            for _ in 0..<200 {
                let pause = Backoff.delayMs(attempt: Int64(attempt), random)
                #expect(Int64(full / 2)...Int64(full) ~= pause)
            }
        }
        #expect(30_000...60_000 ~= Backoff.delayMs(attempt: .max, random))
        #expect(100...200 ~= Backoff.delayMs(attempt: .min, random))
    }

    @Test func itIsDrawnAtRandom() {
        let random = SeededRandom(seed: 5)
        #expect(Set((0..<100).map { _ in Backoff.delayMs(attempt: 5, random) }).count > 50)
    }
}
