internal import FoundationEssentials
public import Lifecycle
public import RPC

/// Fresh secrets for one run: the three services, two gateways, and an operator who also sets up
/// events. The services read them from a file.
public struct SuiteCredentials: Sendable {
    private static let roles: [String: [Role]] = [
        "inventory": [.inventory], "orders": [.orders], "payments": [.payments],
        "gateway": [.gateway], "reseller": [.gateway],
        "operator": [.operator, .eventManager],
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

    /// Writes the file, readable by its owner alone.
    func write(to path: String) throws {
        let identities = secrets.keys.sorted().map { name in
            let secret = Data(secrets[name] ?? []).base64EncodedString()
            let roles = Self.roles[name, default: []].map { "\"\($0.name)\"" }
            return """
                "\(name)": {"secrets": ["\(secret)"], "roles": [\(roles.joined(separator: ", "))]}
                """
        }
        let text = """
            {"ticketKey": "\(Data(ticketKey).base64EncodedString())",
             "webhookSecrets": {"sim": ["\(Data(webhookSecret).base64EncodedString())"]},
             "identities": {\(identities.joined(separator: ",\n"))}}

            """
        let made = FileManager.default.createFile(
            atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        guard made else { throw ProcessError("cannot write \(path)") }
    }
}
