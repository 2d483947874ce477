internal import FoundationEssentials
internal import Text

/// Who may connect, with which secret, and what they may be: the credentials file. Each party has
/// a file of its own, with the identity that it proves and those whose proofs it judges.
///
/// ```json
/// {"identities": {"gateway": {"secrets": ["base64…"], "roles": ["gateway"],
///                             "mayClaim": ["event_manager"], "actorKinds": ["user", "guest"],
///                             "requiresActor": true}},
///  "ticketKey": "base64…", "webhookSecrets": {"sim": ["base64…"]}}
/// ```
/// Two secrets are valid at a time, the first is used to connect: so a secret is rotated without
/// a moment in which a caller is refused.
public struct Credentials: Sendable, Decodable {
    public struct Identity: Sendable, Decodable {
        /// Each at least 16 bytes, base64 in the file.
        public let secrets: [[UInt8]]
        public let roles: [Role]
        /// Roles and kinds of actors that its calls may name.
        public let mayClaim: [Role]
        public let actorKinds: [String]
        /// A call that touches somebody's things must name its actor; without this the identity
        /// may also speak for itself, about everybody's.
        public let requiresActor: Bool

        enum CodingKeys: String, CodingKey {
            case secrets, roles, mayClaim, actorKinds, requiresActor
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            secrets = try container.decode([Data].self, forKey: .secrets).map { Array($0) }
            roles = try container.decode([Role].self, forKey: .roles)
            mayClaim = try container.decodeIfPresent([Role].self, forKey: .mayClaim) ?? []
            actorKinds = try container.decodeIfPresent([String].self, forKey: .actorKinds) ?? []
            guard actorKinds.allSatisfy(Actor.isKind) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .actorKinds, in: container,
                    debugDescription: "an actor's kind is user, guest or staff")
            }
            requiresActor =
                try container.decodeIfPresent(Bool.self, forKey: .requiresActor) ?? false
            guard let first = secrets.first, secrets.allSatisfy({ $0.count >= 16 }), !first.isEmpty
            else {
                throw DecodingError.dataCorruptedError(
                    forKey: .secrets, in: container,
                    debugDescription: "at least one secret, each of at least 16 bytes")
            }
        }

        public init(
            secrets: [[UInt8]], roles: [Role], mayClaim: [Role] = [], actorKinds: [String] = [],
            requiresActor: Bool = false
        ) {
            self.secrets = secrets
            self.roles = roles
            self.mayClaim = mayClaim
            self.actorKinds = actorKinds
            self.requiresActor = requiresActor
        }
    }

    public let identities: [String: Identity]
    /// Make the codes of tickets, by their numbers; each base64 of at least 32 bytes. `ticketKey`
    /// is number 1, further ones stand under `ticketKeys`. Only Orders needs them, and an order's
    /// stays its own: a key leaves when no order of its number is kept.
    public let ticketKeys: [Int64: [UInt8]]
    /// The key that new orders get; the one with the highest number when the file says nothing. So
    /// that a new key is in every instance's file before the first order gets it.
    public let ticketKeyNumber: Int64?
    /// What providers sign their webhooks with, by the provider's name: each at least 16 bytes,
    /// base64 under `webhookSecrets`. Only Payments needs them. All of a provider's are accepted,
    /// so that a secret is rotated without a webhook refused.
    public let webhookSecrets: [String: [[UInt8]]]

    public init(
        identities: [String: Identity], ticketKeys: [Int64: [UInt8]] = [:],
        webhookSecrets: [String: [[UInt8]]] = [:]
    ) {
        self.identities = identities
        self.ticketKeys = ticketKeys
        ticketKeyNumber = nil
        self.webhookSecrets = webhookSecrets
    }

    /// A proof has one byte for the length of a name.
    private static let mostNameBytes = 255

    enum CodingKeys: String, CodingKey {
        case identities, ticketKey, ticketKeys, ticketKeyNumber, webhookSecrets
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        identities = try container.decode([String: Identity].self, forKey: .identities)
        guard identities.keys.allSatisfy({ (1...Self.mostNameBytes).contains($0.utf8.count) })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .identities, in: container,
                debugDescription: "a name has 1 to \(Self.mostNameBytes) bytes")
        }
        (ticketKeys, ticketKeyNumber) = try Self.ticketKeys(in: container)
        let secrets = try container.decodeIfPresent(
            [String: [Data]].self, forKey: .webhookSecrets)
        webhookSecrets = (secrets ?? [:]).mapValues { $0.map { Array($0) } }
        guard webhookSecrets.values.allSatisfy({ $0.allSatisfy { $0.count >= 16 } }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .webhookSecrets, in: container,
                debugDescription: "each secret has at least 16 bytes")
        }
    }

    private static func ticketKeys(
        in container: KeyedDecodingContainer<CodingKeys>
    ) throws -> (keys: [Int64: [UInt8]], current: Int64?) {
        func corrupted(_ key: CodingKeys, _ problem: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: container, debugDescription: problem)
        }
        var keys: [Int64: [UInt8]] = [:]
        if let first = try container.decodeIfPresent(Data.self, forKey: .ticketKey) {
            guard first.count >= 32 else { throw corrupted(.ticketKey, "has at least 32 bytes") }
            keys[1] = Array(first)
        }
        let numbered = try container.decodeIfPresent([String: Data].self, forKey: .ticketKeys)
        for (name, key) in numbered ?? [:] {
            guard let number = Int64(name), number > 0 else {
                throw corrupted(.ticketKeys, "\(name.debugDescription) is no number from 1 on")
            }
            guard key.count >= 32 else {
                throw corrupted(.ticketKeys, "\(number) has at least 32 bytes")
            }
            guard keys.updateValue(Array(key), forKey: number) == nil else {
                throw corrupted(.ticketKeys, "\(number) is given twice, once as ticketKey")
            }
        }
        let current = try container.decodeIfPresent(Int64.self, forKey: .ticketKeyNumber)
        if let current, keys[current] == nil {
            throw corrupted(.ticketKeyNumber, "there is no ticket key \(current) in the file")
        }
        return (keys, current)
    }

    /// The identity of this name, byte for byte: who asks may spell one as Unicode calls it equal.
    public func identity(named name: String) -> Identity? {
        guard let found = identities.index(forKey: name), identities[found].key.isSame(as: name)
        else { return nil }
        return identities[found].value
    }

    /// What a caller needs to prove that it is `identity`; nil when the file does not name it.
    public func credential(for identity: String) -> Credential? {
        self.identity(named: identity)?.secrets.first.map {
            Credential(identity: identity, secret: $0)
        }
    }
}

/// A name and the secret that proves it.
public struct Credential: Sendable {
    public let identity: String
    let secret: [UInt8]

    public init(identity: String, secret: [UInt8]) {
        self.identity = identity
        self.secret = secret
    }
}
