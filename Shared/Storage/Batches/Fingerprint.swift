/// What a request was, small enough to keep beside its answer: a 64-bit hash (FNV-1a) of each of
/// its fields, in the order given. The same key with another request is then refused by the names
/// of the fields that differ. A caller who makes two requests collide deceives only itself.
public struct Fingerprint: Sendable, Hashable {
    private let names: [String]
    /// Eight bytes a field.
    public let bytes: [UInt8]

    /// Every field of the request in its fixed order, an absent one as no bytes.
    public init(_ fields: [(name: String, bytes: [UInt8])]) {
        names = fields.map(\.name)
        bytes = fields.flatMap { field in
            let hash = Self.hash(field.bytes)
            return (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * UInt64($0))) }
        }
    }

    /// The names of the fields in which this request differs from one whose fingerprint was kept,
    /// in order; empty when they are the same.
    public func differingFields(from stored: [UInt8]) -> [String] {
        if bytes == stored { return [] }
        let differing = names.indices.filter { index in
            let place = index * 8..<index * 8 + 8
            return place.upperBound > stored.count || stored[place] != bytes[place]
        }
        return differing.isEmpty
            ? ["(fields unknown to this version)"] : differing.map { names[$0] }
    }

    static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
