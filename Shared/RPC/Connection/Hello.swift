internal import Crypto
internal import FoundationEssentials
internal import Wire

/// The body of the three hello frames. The server speaks first (`versions`, `nonce`, `service`),
/// the client answers (`version`, `identity`, `nonce`, `proof`), the server proves itself in turn
/// (`proof`, `maxFrame`, `maxInFlight`, `maxWaits`) and tells of its store (`feedIds`, `heads`,
/// `storeEpoch`), which is nobody's business before. No secret crosses the wire.
struct Hello: Message {
    static let version: Int64 = 2

    var versions: [Int64]?
    var service: String?
    var feedIds: [String]?
    /// The newest fact of each feed, from a server that is alone with its store.
    var heads: [Int64]?
    var storeEpoch: Int64?
    var version: Int64?
    var identity: String?
    var nonce: Data?
    var proof: Data?
    var maxFrame: Int64?
    /// Calls and waiting calls that the server takes at once on the connection.
    var maxInFlight: Int64?
    var maxWaits: Int64?

    init() {}

    init(_ f: some FieldWalk, _ it: Written<Self>) {
        versions = f("versions", it, .list(.integer(0...Int64.max), maxCount: 16)) { $0.versions }
        service = f("service", it, .text(maxBytes: 255)) { $0.service }
        feedIds = f("feedIds", it, .list(.text(maxBytes: 255), maxCount: 16)) { $0.feedIds }
        heads = f("heads", it, .list(.integer(0...Int64.max), maxCount: 16)) { $0.heads }
        storeEpoch = f("storeEpoch", it, .integer(0...Int64.max)) { $0.storeEpoch }
        version = f("version", it, .integer(0...Int64.max)) { $0.version }
        identity = f("identity", it, .text(maxBytes: 255)) { $0.identity }
        nonce = f("nonce", it, .bytes(maxBytes: Self.nonceBytes)) { $0.nonce }
        proof = f("proof", it, .bytes(maxBytes: Self.nonceBytes)) { $0.proof }
        maxFrame = f("maxFrame", it, .integer(0...Int64.max)) { $0.maxFrame }
        maxInFlight = f("maxInFlight", it, .integer(0...Int64.max)) { $0.maxInFlight }
        maxWaits = f("maxWaits", it, .integer(0...Int64.max)) { $0.maxWaits }
    }

    /// The store behind the server, as its last hello tells of it.
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

    static let nonceBytes = 32
}

/// What both sides of a hello know, and prove with the secret that they share.
///
/// A proof names the version, the side that made it, the service that the client wants, both nonces
/// and the identity: one cannot be played back as the other side's, nor passed on to another
/// service by whoever the client was lured to.
struct HelloTranscript {
    enum Side: String { case client, server }

    let service: String
    let identity: String
    let serverNonce: [UInt8]
    let clientNonce: [UInt8]

    /// HMAC-SHA256(secret, "turnstile 2 client" ‖ length and name of the service ‖ server's nonce ‖
    /// client's nonce ‖ length and identity), or "turnstile 2 server"; lengths are one byte.
    func proof(by side: Side, secret: [UInt8]) -> [UInt8] {
        var bytes = Array("turnstile \(Hello.version) \(side.rawValue)".utf8)
        append(service, to: &bytes)
        bytes += serverNonce + clientNonce
        append(identity, to: &bytes)
        return Digest.hmac(key: secret, bytes)
    }

    private func append(_ name: String, to bytes: inout [UInt8]) {
        // No name is longer: the credentials file refuses it.
        bytes.append(UInt8(clamping: name.utf8.count))
        bytes += name.utf8
    }
}
