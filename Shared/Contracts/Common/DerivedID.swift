internal import Crypto
public import FoundationEssentials

extension UUID {
    /// A UUIDv8 (RFC 9562 section 5.8) with the parent's 48-bit time and SHA-256(parent ‖ label)
    /// behind it: the same for ever, and near its parent in every index.
    public static func derived(from parent: UUID, _ label: String) -> UUID {
        var source: [UInt8] = []
        source.reserveCapacity(64)
        withUnsafeBytes(of: parent.uuid) { source.append(contentsOf: $0) }
        source.append(contentsOf: label.utf8)
        let hash = Digest.sha256(source)
        var id = parent.uuid
        withUnsafeMutableBytes(of: &id) { bytes in
            for index in 6..<16 { bytes[index] = hash[index - 6] }
            bytes[6] = 0x80 | (bytes[6] & 0x0f)
            bytes[8] = 0x80 | (bytes[8] & 0x3f)
        }
        return UUID(uuid: id)
    }

    /// The first and the last id with the time of this one: what derives from it, or it from, lies
    /// between them.
    public var sameTime: (first: UUID, last: UUID) {
        (filled(with: .min), filled(with: .max))
    }

    private func filled(with filler: UInt8) -> UUID {
        var id = uuid
        withUnsafeMutableBytes(of: &id) { bytes in
            for index in 6..<16 { bytes[index] = filler }
        }
        return UUID(uuid: id)
    }
}
