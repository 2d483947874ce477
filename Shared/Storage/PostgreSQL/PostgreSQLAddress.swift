internal import CPostgres
internal import Glibc

/// What a connection URL says, with what Turnstile wants where the URL says nothing.
struct PostgreSQLAddress: Sendable {
    /// Chosen so that a server that is gone is noticed within seconds, not after two hours.
    private static let wanted = [
        ("client_encoding", "UTF8"), ("target_session_attrs", "read-write"),
        ("connect_timeout", "5"), ("tcp_user_timeout", "10000"), ("keepalives_idle", "5"),
        ("keepalives_interval", "2"), ("keepalives_count", "3"),
    ]

    private let options: [(name: String, value: String)]

    /// Throws `cannotOpen`; the message never shows the URL, which may hold a password.
    init(_ url: String, schema: String) throws {
        guard let parsed = PQconninfoParse(url, nil) else {
            throw StorageError(
                .cannotOpen,
                "TURNSTILE_DATABASE is no connection URL; give it as "
                    + "postgresql://user:password@host:5432/database")
        }
        defer { PQconninfoFree(parsed) }
        var given: [(name: String, value: String)] = []
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                given.append((String(cString: keyword), String(cString: value)))
            }
            option += 1
        }
        let wanted = Self.wanted + [("application_name", "turnstile \(schema)")]
        options = given + wanted.filter { name, _ in !given.contains { $0.name == name } }
    }

    /// Hands the options to libpq as two lists that end with a null.
    func withOptions<Value>(
        _ body: (
            _ names: UnsafePointer<UnsafePointer<CChar>?>,
            _ values: UnsafePointer<UnsafePointer<CChar>?>
        ) -> Value?
    ) -> Value? {
        let copies = options.map { (strdup($0.name), strdup($0.value)) }
        defer {
            for (name, value) in copies {
                free(name)
                free(value)
            }
        }
        let names = copies.map { UnsafePointer($0.0) } + [nil]
        let values = copies.map { UnsafePointer($0.1) } + [nil]
        return names.withUnsafeBufferPointer { names in
            values.withUnsafeBufferPointer { values in
                guard let names = names.baseAddress, let values = values.baseAddress else {
                    return nil
                }
                return body(names, values)
            }
        }
    }
}
