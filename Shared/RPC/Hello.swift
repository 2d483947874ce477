internal import Crypto

/// The body of the three hello frames. The server speaks first (`versions`, `nonce`, `service`,
/// `feedIds`), the client answers (`version`, `identity`, `nonce`, `proof`), the server proves
/// itself in turn (`proof`, `maxFrame`, `maxInFlight`). No secret crosses the wire.
struct Hello: Codable, Sendable {
    static let version: Int64 = 1

    var versions: [Int64]?
    var service: String?
    var feedIds: [String]?
    var version: Int64?
    var identity: String?
    var nonce: [UInt8]?
    var proof: [UInt8]?
    var maxFrame: Int64?
    var maxInFlight: Int64?

    /// HMAC-SHA256 over the nonce that the prover was given, the one it gave, and the identity:
    /// neither side's proof can be played back as the other's.
    static func proof(
        secret: [UInt8], given: [UInt8], own: [UInt8], identity: String
    ) -> [UInt8] {
        Digest.hmac(key: secret, given + own + Array(identity.utf8))
    }

    static let nonceBytes = 32
}
