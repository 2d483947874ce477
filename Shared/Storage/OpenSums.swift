/// Sums by key over a long history, of which only those that are not zero are kept: what came and
/// went again is forgotten, so that memory is what is open and not all there ever was.
public struct OpenSums<Key: Hashable & Sendable>: Sendable {
    /// None of them is zero.
    public private(set) var sums: [Key: Int64] = [:]

    public init() {}

    public mutating func add(_ amount: Int64, to key: Key) {
        guard amount != 0 else { return }
        let sum = (sums[key] ?? 0) &+ amount
        sums[key] = sum == 0 ? nil : sum
    }
}
