/// Counts values in buckets that are at most 1/16 wider than their lower bound, so that a
/// percentile is right to about 6 % from 1 to 2^40 at a fixed cost of memory.
public struct Histogram: Sendable {
    private static let bits = 4
    private var buckets = [Int64](repeating: 0, count: 40 << Histogram.bits)
    public private(set) var count: Int64 = 0
    public private(set) var sum: Int64 = 0
    public private(set) var max: Int64 = 0

    public init() {}

    public mutating func record(_ value: Int64) {
        let value = Swift.max(0, value)
        buckets[Self.bucket(of: value)] += 1
        count += 1
        sum = sum.addingReportingOverflow(value).partialValue
        max = Swift.max(max, value)
    }

    public mutating func merge(_ other: Histogram) {
        for (index, amount) in other.buckets.enumerated() { buckets[index] += amount }
        count += other.count
        sum = sum.addingReportingOverflow(other.sum).partialValue
        max = Swift.max(max, other.max)
    }

    /// The upper bound of the bucket that holds the value below which `fraction` of all lie.
    public func percentile(_ fraction: Double) -> Int64 {
        guard count > 0 else { return 0 }
        let rank = Swift.max(1, Int64((fraction * Double(count)).rounded(.up)))
        var seen: Int64 = 0
        for (index, amount) in buckets.enumerated() {
            seen += amount
            if seen >= rank { return Swift.min(max, Self.upperBound(of: index)) }
        }
        return max
    }

    private static func bucket(of value: Int64) -> Int {
        let exponent = Int64.bitWidth - 1 - value.leadingZeroBitCount
        guard exponent >= bits else { return Int(value) }
        let index = ((exponent - bits + 1) << bits) | Int((value >> (exponent - bits)) & 15)
        return Swift.min(index, (40 << bits) - 1)
    }

    private static func upperBound(of bucket: Int) -> Int64 {
        let exponent = (bucket >> bits) + bits - 1
        guard exponent >= bits else { return Int64(bucket) }
        let lower = (Int64(16) + Int64(bucket & 15)) << (exponent - bits)
        return lower + (Int64(1) << (exponent - bits)) - 1
    }
}
