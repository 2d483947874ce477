internal import COpenSSL

/// Hashes and comparisons of secrets, all from OpenSSL.
public enum Digest {
    /// SHA-256 of the bytes (FIPS 180-4), 32 bytes long.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = COpenSSL.SHA256(bytes, bytes.count, &digest)
        return digest
    }

    /// HMAC-SHA256 (RFC 2104), 32 bytes long.
    public static func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        _ = HMAC(
            EVP_sha256(), key, Int32(clamping: key.count), message, message.count, &digest, &length)
        return digest
    }

    /// Compares in a time that depends on the lengths alone, so that a guess learns nothing.
    public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
