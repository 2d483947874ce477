/// Sums by key over a long history, of which only those that are not zero are kept: what came and
/// went again is forgotten, so that memory is what is open and not all there ever was.
///
/// They are sums of 64-bit numbers in 128 bits: no history is long enough to overflow them, so that
/// a wrong one never looks right.
public struct OpenSums<Key: Hashable & Sendable>: Sendable {
    /// None of them is zero.
    public private(set) var sums: [Key: Int128] = [:]

    public init() {}

    public mutating func add(_ amount: Int64, to key: Key, times sign: Int128 = 1) {
        guard amount != 0 else { return }
        let sum = (sums[key] ?? 0) + Int128(amount) * sign
        sums[key] = sum == 0 ? nil : sum
    }
}
