internal import CPostgres
internal import Glibc

/// One server of those that a connection URL names.
struct PostgreSQLPlace: Hashable, Sendable {
    /// What libpq is told of it: `host`, `hostaddr` and `port`, as far as the URL says them.
    fileprivate let options: [String]
    fileprivate static let names = ["host", "hostaddr", "port"]
}

/// What a connection URL, or a list of keywords and values, says, with what Turnstile wants where
/// it says nothing.
struct PostgreSQLAddress: Sendable {
    /// Chosen so that a server that is gone is noticed within seconds, not after two hours.
    private static let wanted = [
        ("client_encoding", "UTF8"), ("connect_timeout", "5"), ("tcp_user_timeout", "10000"),
        ("keepalives_idle", "5"), ("keepalives_interval", "2"), ("keepalives_count", "3"),
    ]
    /// Turnstile writes, so that it looks for the server that takes writes whatever these say.
    private static let roles = ["any", "read-write", "primary"]

    /// In the order of the URL. One that says nothing when the URL names no server: a service
    /// file or the environment does.
    let places: [PostgreSQLPlace]
    private let options: [(name: String, value: String)]

    /// Throws `cannotOpen`; the message never shows the URL, which may hold a password.
    init(_ url: String, schema: String) throws {
        guard let parsed = Self.parse(url) else {
            throw StorageError(
                .cannotOpen,
                "TURNSTILE_DATABASE is no connection URL; give it as "
                    + "postgresql://user:password@host:5432/database")
        }
        let given = parsed.map { (name: $0.name, value: $0.value) }
        if let role = given.first(where: { $0.name == "target_session_attrs" })?.value,
            !Self.roles.contains(role)
        {
            throw StorageError(
                .cannotOpen,
                "TURNSTILE_DATABASE: target_session_attrs is \(role), but Turnstile writes; say "
                    + "read-write, or leave it out")
        }
        places = Self.places(given)
        // Which of several servers takes writes is found out one by one, to know which it was.
        let role = places[0].options.isEmpty ? "read-write" : "any"
        let own = PostgreSQLPlace.names + ["target_session_attrs"]
        let wanted = Self.wanted + [("application_name", "turnstile \(schema)")]
        options =
            given.filter { !own.contains($0.name) } + [("target_session_attrs", role)]
            + wanted.filter { name, _ in !given.contains { $0.name == name } }
    }

    private struct Option {
        let name: String
        let value: String
        let isSecret: Bool
    }

    /// Whether libpq understands it, and it says anything.
    static func isValid(_ text: String) -> Bool {
        parse(text).map { !$0.isEmpty || text.contains("://") } ?? false
    }

    /// As keywords and values with every secret as `***`, however it was spelled; nil when libpq
    /// does not understand it, so that nobody can say which part is secret.
    static func masked(_ text: String) -> String? {
        parse(text)?.map { option in
            guard !option.isSecret else { return "\(option.name)=***" }
            let isPlain = option.value.allSatisfy { !" '\\".contains($0) } && !option.value.isEmpty
            return option.name + "=" + (isPlain ? option.value : option.value.debugDescription)
        }.joined(separator: " ")
    }

    private static func parse(_ text: String) -> [Option]? {
        // C's text would end at it.
        guard !text.utf8.contains(0), let parsed = PQconninfoParse(text, nil) else { return nil }
        defer { PQconninfoFree(parsed) }
        var given: [Option] = []
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                // What a dialogue would show as stars (libpq-fe.h).
                let isSecret = option.pointee.dispchar.map { $0.pointee == 42 } ?? true
                given.append(
                    Option(
                        name: String(cString: keyword), value: String(cString: value),
                        isSecret: isSecret))
            }
            option += 1
        }
        return given
    }

    /// A list of ports is as long as that of hosts, or says one for all (chapter 34.1.1.3 of
    /// PostgreSQL's manual); what does not fit is left for libpq to complain of.
    private static func places(
        _ given: [(name: String, value: String)]
    ) -> [PostgreSQLPlace] {
        let lists = PostgreSQLPlace.names.map { name in
            given.first { $0.name == name }.map {
                $0.value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            } ?? []
        }
        let count = max(lists[0].count, lists[1].count)
        guard count > 0 else { return [PostgreSQLPlace(options: [])] }
        let fits = lists.enumerated().allSatisfy { index, list in
            list.count == count || list.isEmpty || index == 2 && list.count == 1
        }
        guard fits else {
            return [PostgreSQLPlace(options: lists.map { $0.joined(separator: ",") })]
        }
        return (0..<count).map { index in
            PostgreSQLPlace(
                options: lists.map { list in
                    list.isEmpty ? "" : list[list.count == 1 ? 0 : index]
                })
        }
    }

    /// Hands the options to libpq as two lists that end with a null.
    func withOptions<Value>(
        of place: PostgreSQLPlace,
        _ body: (
            _ names: UnsafePointer<UnsafePointer<CChar>?>,
            _ values: UnsafePointer<UnsafePointer<CChar>?>
        ) -> Value?
    ) -> Value? {
        let own = zip(PostgreSQLPlace.names, place.options).filter { !$0.1.isEmpty }
        let copies = (options.map { ($0.name, $0.value) } + own).map { (strdup($0), strdup($1)) }
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
