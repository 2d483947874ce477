public import Lifecycle
import Synchronization

/// SplitMix64 (Steele, Lea, Flood 2014): a good sequence from any seed, the same for ever.
public final class SeededRandom: RandomSource {
    private let state: Atomic<UInt64>

    public init(seed: UInt64) { state = Atomic(seed) }

    public func next() -> UInt64 {
        var z = state.wrappingAdd(0x9e37_79b9_7f4a_7c15, ordering: .relaxed).newValue
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
