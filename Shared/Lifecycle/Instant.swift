/// A point in time: milliseconds since 1970 UTC. On the wire it is that integer.
public struct Instant: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let milliseconds: Int64

    @inlinable
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    @inlinable
    public static func < (left: Instant, right: Instant) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The instant so many milliseconds later; at the ends of time it stops instead of trapping.
    @inlinable
    public func advanced(byMs duration: Int64) -> Instant {
        let (sum, overflow) = milliseconds.addingReportingOverflow(duration)
        return Instant(milliseconds: overflow ? (duration < 0 ? .min : .max) : sum)
    }

    /// Milliseconds from here to `other`: negative when it lies in the past.
    @inlinable
    public func millisecondsUntil(_ other: Instant) -> Int64 {
        let (difference, overflow) = other.milliseconds.subtractingReportingOverflow(milliseconds)
        return overflow ? (other > self ? .max : .min) : difference
    }

    public var description: String { "\(milliseconds)ms" }
}
