internal import FoundationEssentials
public import Lifecycle
public import RPC

/// Fresh secrets for one run: the three services, two gateways, and an operator who also sets up
/// events. Each has a file of its own, as `deploy/credentials` writes them.
public struct SuiteCredentials: Sendable {
    private static let roles: [String: [Role]] = [
        "inventory": [.inventory], "orders": [.orders], "payments": [.payments],
        "gateway": [.gateway], "reseller": [.gateway],
        "operator": [.operator, .eventManager],
    ]

    /// Whose proofs each judges, beside its own.
    private static let judged: [String: [String]] = [
        "inventory": ["orders", "gateway", "reseller", "operator"],
        "orders": ["payments", "gateway", "reseller", "operator"],
        "payments": ["orders", "gateway", "reseller", "operator"],
    ]

    private let secrets: [String: [UInt8]]
    private let ticketKey: [UInt8]
    private let webhookSecret: [UInt8]

    public init(random: any RandomSource) {
        secrets = Self.roles.mapValues { _ in random.bytes(32) }
        ticketKey = random.bytes(32)
        webhookSecret = random.bytes(32)
    }

    public func credential(of identity: String) -> Credential {
        Credential(identity: identity, secret: secret(of: identity))
    }

    /// For clients that speak the protocol by hand.
    public func secret(of identity: String) -> [UInt8] { secrets[identity] ?? [] }

    /// Writes each party's file, readable by its owner alone.
    func write(to folder: WorkFolder) throws {
        for party in Self.roles.keys.sorted() {
            let path = folder.file("\(party).json")
            let made = FileManager.default.createFile(
                atPath: path, contents: Data(text(for: party).utf8),
                attributes: [.posixPermissions: 0o600])
            guard made else { throw ProcessError("cannot write \(path)") }
        }
    }

    private func text(for party: String) -> String {
        let identities = ([party] + Self.judged[party, default: []]).map { name in
            let secret = Data(secret(of: name)).base64EncodedString()
            let roles = Self.roles[name, default: []].map { "\"\($0.name)\"" }
            return """
                "\(name)": {"secrets": ["\(secret)"], "roles": [\(roles.joined(separator: ", "))]}
                """
        }
        let own =
            switch party {
            case "orders": #""ticketKey": "\#(Data(ticketKey).base64EncodedString())", "#
            case "payments":
                #""webhookSecrets": {"sim": ["\#(Data(webhookSecret).base64EncodedString())"]}, "#
            default: ""
            }
        return "{\(own)\"identities\": {\(identities.joined(separator: ",\n"))}}\n"
    }
}
