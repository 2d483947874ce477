internal import COpenSSL

/// Hashes and comparisons of secrets, all from OpenSSL.
public enum Digest {
    /// SHA-256 of the bytes (FIPS 180-4), 32 bytes long.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            var length: UInt32 = 0
            mustSucceed(
                EVP_Digest(bytes, bytes.count, digest.baseAddress, &length, fetchedSHA256, nil))
            count = Int(length)
        }
    }

    /// HMAC-SHA256 (RFC 2104), 32 bytes long. For many messages under one key, `HMACKey`.
    public static func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        HMACKey(key).code(of: message)
    }

    /// Compares in a time that depends on the lengths alone, so that a guess learns nothing.
    public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// No input makes these fail, only a library that lacks them or has no memory left. Going on
    /// would compare secrets with nothing, so the process ends.
    fileprivate static func mustSucceed(_ code: Int32) {
        // Out of reach of any input: the reason stands above.
        precondition(code == 1, "OpenSSL cannot hash: \(reason)")
    }

    /// What OpenSSL says of its last failure on this thread.
    private static var reason: String {
        ERR_reason_error_string(ERR_peek_last_error()).map { String(cString: $0) } ?? "no reason"
    }

    /// Looked up once: the look-up takes longer than the hash. Never written after that.
    nonisolated(unsafe) private static let fetchedSHA256 = EVP_MD_fetch(nil, "SHA256", nil)
}

/// A key that is ready to authenticate messages with HMAC-SHA256.
public final class HMACKey: Sendable {
    /// Keyed and never touched again but to be copied, which OpenSSL allows from any thread.
    nonisolated(unsafe) private let keyed: OpaquePointer?

    public init(_ key: [UInt8]) {
        keyed = EVP_MAC_CTX_dup(Self.template)
        // A key of no bytes needs an address all the same: none would mean "the old key".
        Digest.mustSucceed(EVP_MAC_init(keyed, key.isEmpty ? [0] : key, key.count, nil))
    }

    deinit { EVP_MAC_CTX_free(keyed) }

    /// The code of a message, 32 bytes long.
    public func code(of message: [UInt8]) -> [UInt8] {
        let context = EVP_MAC_CTX_dup(keyed)
        defer { EVP_MAC_CTX_free(context) }
        Digest.mustSucceed(EVP_MAC_update(context, message, message.count))
        return [UInt8](unsafeUninitializedCapacity: 32) { code, count in
            Digest.mustSucceed(EVP_MAC_final(context, code.baseAddress, &count, 32))
        }
    }

    /// HMAC-SHA256 under no key of anybody's. What it is made of is looked up once: the look-up
    /// takes longer than the code of a message. Never touched again but to be copied.
    nonisolated(unsafe) private static let template: OpaquePointer? = {
        let template = EVP_MAC_CTX_new(EVP_MAC_fetch(nil, "HMAC", nil))
        // The parameters hold pointers: what these point to must outlive the call.
        "digest".withCString { key in
            "SHA256".withCString { name in
                let parameters = [
                    OSSL_PARAM_construct_utf8_string(key, UnsafeMutablePointer(mutating: name), 0),
                    OSSL_PARAM_construct_end(),
                ]
                Digest.mustSucceed(EVP_MAC_init(template, [0], 1, parameters))
            }
        }
        return template
    }()
}
