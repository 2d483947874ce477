internal import Crypto

/// The body of the three hello frames. The server speaks first (`versions`, `nonce`, `service`,
/// `feedIds`, `heads`, `storeEpoch`), the client answers (`version`, `identity`, `nonce`, `proof`),
/// the server proves itself in turn (`proof`, `maxFrame`, `maxInFlight`). No secret crosses the
/// wire.
struct Hello: Codable, Sendable {
    static let version: Int64 = 1

    var versions: [Int64]?
    var service: String?
    var feedIds: [String]?
    /// The newest fact of each feed, from a server that is alone with its store.
    var heads: [Int64]?
    var storeEpoch: Int64?
    var version: Int64?
    var identity: String?
    var nonce: [UInt8]?
    var proof: [UInt8]?
    var maxFrame: Int64?
    var maxInFlight: Int64?

    /// The store behind the server, as its first hello tells of it.
    var store: StoreMark? {
        get {
            guard let feed = feedIds?.first, let storeEpoch else { return nil }
            return StoreMark(feedID: feed, epoch: storeEpoch, head: heads?.first)
        }
        set {
            feedIds = newValue.map { [$0.feedID] } ?? []
            heads = newValue?.head.map { [$0] } ?? []
            storeEpoch = newValue?.epoch
        }
    }

    /// HMAC-SHA256 over the nonce that the prover was given, the one it gave, and the identity:
    /// neither side's proof can be played back as the other's.
    static func proof(
        secret: [UInt8], given: [UInt8], own: [UInt8], identity: String
    ) -> [UInt8] {
        Digest.hmac(key: secret, given + own + Array(identity.utf8))
    }

    static let nonceBytes = 32
}
