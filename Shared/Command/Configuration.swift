internal import FoundationEssentials
internal import Glibc
public import Lifecycle
public import Net
public import RPC
internal import Storage

/// What a service is told by its environment and its flags. A flag wins over its variable.
public struct Configuration: Sendable {
    public let service: String
    public let listen: Address
    /// `sqlite:/path/to/file`.
    public let database: String
    /// Every instance of each peer.
    public let peers: [String: [Address]]
    public let credentials: Credentials
    let credentialsFile: String
    private let values: [(variable: String, value: String)]

    /// Everything that can be set for a program.
    static func settings(of program: Program) -> [Program.Setting] {
        let peers = program.peers.map {
            Program.Setting(
                "TURNSTILE_\($0.uppercased())", "--\($0)", "addresses of \($0), separated by commas"
            )
        }
        return [
            Program.Setting(
                "TURNSTILE_LISTEN", "--listen",
                "address to listen at (127.0.0.1:\(program.port)); port 0 takes a free one"),
            Program.Setting(
                "TURNSTILE_DATABASE", "--database",
                "where the data is (sqlite:\(program.name).db)"),
        ] + peers + [
            Program.Setting(
                "TURNSTILE_CREDENTIALS", "--credentials",
                "file of this party, by deploy/credentials (credentials/\(program.name).json)"),
            Program.Setting(
                "TURNSTILE_PLAINTEXT", "--plaintext",
                "private-network allows plain TCP beyond loopback"),
        ] + program.settings + testing
    }

    #if DEBUG
        private static let testing = [
            Program.Setting(
                "TURNSTILE_FAILPOINT", "--failpoint", "where the process dies, for tests")
        ]
    #else
        private static let testing: [Program.Setting] = []
    #endif

    /// What one of the program's own settings was set to.
    public subscript(variable: String) -> String? {
        values.first { $0.variable == variable }?.value
    }

    static func defaultAddress(of service: String) -> Address {
        .loopback(port: ["inventory": 7101, "orders": 7102, "payments": 7103][service] ?? 0)
    }

    static func defaultCredentials(of party: String) -> String { "credentials/\(party).json" }

    /// Throws an error that names the variable, what is wrong with it and the way out.
    init(
        of program: Program, flags: [String: String], environment: [String: String]
    ) throws(ConfigurationError) {
        var values: [(variable: String, value: String)] = []
        for setting in Self.settings(of: program) {
            if let value = flags[setting.flag] ?? environment[setting.variable] {
                values.append((setting.variable, value))
            }
        }
        func text(_ variable: String, default fallback: String) -> String {
            if let set = values.first(where: { $0.variable == variable }) { return set.value }
            values.append((variable, fallback))
            return fallback
        }
        service = program.name
        let listenText = text(
            "TURNSTILE_LISTEN", default: Self.defaultAddress(of: program.name).description)
        listen = try Self.address(listenText, "TURNSTILE_LISTEN")
        database = text("TURNSTILE_DATABASE", default: "sqlite:\(program.name).db")
        var peers: [String: [Address]] = [:]
        for peer in program.peers {
            let variable = "TURNSTILE_\(peer.uppercased())"
            let value = text(variable, default: Self.defaultAddress(of: peer).description)
            peers[peer] = try Self.addresses(value, variable)
        }
        self.peers = peers
        credentialsFile = text(
            "TURNSTILE_CREDENTIALS", default: Self.defaultCredentials(of: program.name))
        credentials = try Self.credentials(at: credentialsFile)
        let plaintext = text("TURNSTILE_PLAINTEXT", default: "loopback")
        self.values = values
        try Self.allow(listen, as: "TURNSTILE_LISTEN", plaintext)
        for (peer, addresses) in peers.sorted(by: { $0.key < $1.key }) {
            for address in addresses {
                try Self.allow(address, as: "TURNSTILE_\(peer.uppercased())", plaintext)
            }
        }
        guard credentials.credential(for: service) != nil else {
            throw ConfigurationError(
                "TURNSTILE_CREDENTIALS has no identity \"\(service)\", which this service needs")
        }
    }

    /// Plain TCP goes beyond this machine only where somebody has said that the network is private,
    /// whoever dials.
    static func allow(
        _ address: Address, as name: String, _ plaintext: String?
    ) throws(ConfigurationError) {
        let plaintext = plaintext ?? "loopback"
        guard ["loopback", "private-network"].contains(plaintext) else {
            throw ConfigurationError(
                "TURNSTILE_PLAINTEXT is \"\(plaintext)\"; it is private-network or not set")
        }
        guard address.isLoopback || plaintext == "private-network" else {
            throw ConfigurationError(
                """
                \(name) is \(address), beyond loopback, where anybody may listen in; set \
                TURNSTILE_PLAINTEXT=private-network if that network is private
                """)
        }
    }

    /// Whether accounts other than the file's owner and group can read its secrets.
    var isOpenToOthers: Bool {
        var status = stat()
        return stat(credentialsFile, &status) == 0 && status.st_mode & 0o004 != 0
    }

    static func addresses(
        _ text: String, _ variable: String
    ) throws(ConfigurationError) -> [Address] {
        var addresses: [Address] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            addresses.append(try address(String(part), variable))
        }
        return addresses
    }

    static func address(
        _ text: String, _ variable: String
    ) throws(ConfigurationError) -> Address {
        guard let address = Address(text) else {
            throw ConfigurationError(
                "\(variable) is \"\(text)\"; an address is a host and a port, 127.0.0.1:7101")
        }
        return address
    }

    static func credentials(at path: String) throws(ConfigurationError) -> Credentials {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError(
                """
                TURNSTILE_CREDENTIALS: cannot read \(path); deploy/credentials makes one for each \
                party: {"identities": {"orders": {"secrets": ["base64 of 16 bytes or more"], \
                "roles": ["orders"]}, …}}
                """)
        }
        do {
            return try JSONDecoder().decode(Credentials.self, from: data)
        } catch let DecodingError.dataCorrupted(context) {
            throw ConfigurationError(
                "TURNSTILE_CREDENTIALS: \(path): \(Self.place(context)): "
                    + context.debugDescription)
        } catch let DecodingError.keyNotFound(key, context) {
            throw ConfigurationError(
                "TURNSTILE_CREDENTIALS: \(path): \(Self.place(context)) has no "
                    + "\"\(key.stringValue)\"")
        } catch {
            throw ConfigurationError(
                "TURNSTILE_CREDENTIALS: \(path) is not as it should be: \(error)")
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        context.codingPath.isEmpty
            ? "the file" : context.codingPath.map(\.stringValue).joined(separator: ".")
    }

    /// Every setting with its value, for the log: secrets are in files, whose names alone are
    /// shown, or in a database's address, which is masked.
    var summary: String {
        values.map { variable, value in
            let isDatabase = variable == "TURNSTILE_DATABASE"
            return "\(variable)=\(isDatabase ? DatabaseLocation.masked(value) : value)"
        }.joined(separator: " ")
    }
}

/// A setting that cannot be used, with the way out.
public struct ConfigurationError: SettingError, CustomStringConvertible {
    public let description: String

    public var isOfSetting: Bool { true }

    public init(_ description: String) { self.description = description }
}
