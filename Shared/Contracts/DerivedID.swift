internal import Crypto
public import FoundationEssentials

extension UUID {
    /// A UUIDv8 (RFC 9562 section 5.8) with the parent's 48-bit time and SHA-256(parent ‖ label)
    /// behind it: the same for ever, and near its parent in every index.
    public static func derived(from parent: UUID, _ label: String) -> UUID {
        let parentBytes = withUnsafeBytes(of: parent.uuid) { Array($0) }
        var bytes =
            parentBytes.prefix(6) + Digest.sha256(parentBytes + Array(label.utf8)).prefix(10)
        bytes[6] = 0x80 | (bytes[6] & 0x0f)
        bytes[8] = 0x80 | (bytes[8] & 0x3f)
        return UUID(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7],
                bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
            ))
    }
}
