import Lifecycle
import RPC
import Support
import Testing

@testable import Saga

@Suite struct SagaPausesTests {
    @Test func theyDoubleFromAFifthOfASecondToAMinuteAndKeepHalf() {
        let random = SeededRandom(seed: 5)
        for (attempt, full) in [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 60_000]
            .enumerated()
        {
            let pauses = (0..<200).map { _ in
                RetryPolicy.saga.delayMs(after: Int64(attempt), random)
            }
            #expect(pauses.allSatisfy { Int64(full / 2)...Int64(full) ~= $0 })
            #expect(Set(pauses).count > 40)
        }
        #expect(30_000...60_000 ~= RetryPolicy.saga.delayMs(after: .max, random))
        #expect(100...200 ~= RetryPolicy.saga.delayMs(after: .min, random))
    }

    /// No peer puts a saga to sleep.
    @Test func whatAnErrorAsksForIsGrantedUpToTheLongest() {
        let random = SeededRandom(seed: 5)
        for (asked, given) in [(Int64(5_000), Int64(5_000)), (.max, 60_000)] {
            let error = RPCError(.overloaded, "full", retryAfterMs: asked)
            #expect(RetryPolicy.saga.delayMs(for: error, after: 0, random) == given)
        }
    }
}
