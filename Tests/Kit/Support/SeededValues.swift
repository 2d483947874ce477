import FoundationEssentials
import Lifecycle
public import Wire

/// Seeded randomness in the shapes that these tests need.
public struct Seeded: RandomNumberGenerator {
    private let source: SeededRandom

    public init(_ seed: UInt64) { source = SeededRandom(seed: seed) }

    public mutating func next() -> UInt64 { source.next() }

    public func below(_ bound: Int) -> Int { Int(source.below(UInt64(bound))) }

    public func bytes(_ count: Int) -> [UInt8] { source.bytes(count) }

    /// A value of any shape, at most so deep.
    public func value(depth: Int) -> Value {
        switch below(depth > 0 ? 9 : 7) {
        case 0: return .null
        case 1: return .bool(below(2) == 0)
        case 2: return .integer(Int64(bitPattern: source.next() >> UInt64(below(64))))
        case 3: return .integer(~Int64(bitPattern: source.next() >> UInt64(1 + below(63))))
        case 4: return .text(text())
        case 5: return .bytes(bytes(below(40)))
        case 6: return .id(source.uuidV7(at: Instant(milliseconds: 1_700_000_000_000)))
        case 7: return .array((0..<below(30)).map { _ in value(depth: depth - 1) })
        default:
            return .map((0..<below(30)).map { ("\(text())\($0)", value(depth: depth - 1)) })
        }
    }

    public func text() -> String {
        let scalars: [Character] = ["a", "Z", "0", "ß", "€", "水", "𐅑", "\n", "\"", "\u{7f}"]
        return String((0..<below(30)).map { _ in scalars[below(scalars.count)] })
    }

    /// The bytes with a few changed, cut, doubled or put in.
    public func mutated(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0...below(3) where !bytes.isEmpty {
            let index = below(bytes.count)
            switch below(6) {
            case 0: bytes[index] = UInt8(below(256))
            case 1: bytes[index] ^= 1 << UInt8(below(8))
            case 2: bytes.removeSubrange(index...)
            case 3: bytes.remove(at: index)
            case 4: bytes.insert(UInt8(below(256)), at: index)
            default: bytes.insert(contentsOf: bytes[index...].prefix(8), at: index)
            }
        }
        return bytes
    }
}
