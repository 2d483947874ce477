public import FoundationEssentials

/// Where random bits come from: the kernel, or a seed in a test.
public protocol RandomSource: Sendable {
    func next() -> UInt64
}

/// The kernel's generator: fit for keys and nonces.
public struct KernelRandom: RandomSource {
    public init() {}

    public func next() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}

extension RandomSource {
    public func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 7)
        while bytes.count < count {
            withUnsafeBytes(of: next()) { bytes.append(contentsOf: $0) }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// A number in `0 ..< bound`, by multiplication (Lemire), whose bias of at most
    /// bound/2^64 does not matter to jitter and load. `bound` 0 gives 0.
    public func below(_ bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }

    /// A time-ordered id (UUIDv7, RFC 9562 section 5.7).
    public func uuidV7(at now: Instant) -> UUID {
        let time = UInt64(clamping: now.milliseconds)
        let (high, low) = (next(), next())
        func byte(_ value: UInt64, _ shift: UInt64) -> UInt8 {
            UInt8(truncatingIfNeeded: value >> shift)
        }
        return UUID(
            uuid: (
                byte(time, 40), byte(time, 32), byte(time, 24), byte(time, 16), byte(time, 8),
                byte(time, 0), 0x70 | (byte(high, 8) & 0x0f), byte(high, 0),
                0x80 | (byte(low, 56) & 0x3f), byte(low, 48), byte(low, 40), byte(low, 32),
                byte(low, 24), byte(low, 16), byte(low, 8), byte(low, 0)
            ))
    }
}
