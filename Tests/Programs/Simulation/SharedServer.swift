@preconcurrency import Glibc
import Storage

/// The real PostgreSQL server that the histories are kept in, if one is named. Then there are two
/// instances of each service, over the same schemas.
enum SharedServer {
    static let variable = "TURNSTILE_DATABASE"
    static let address = getenv(variable).map { String(cString: $0) }
    static let prefix = address == nil ? "" : "PostgreSQL: "
    /// Its disk is nobody's here.
    static let spares: [Weather.Kind] = address == nil ? [] : [.diskFull]
    static let instances = address == nil ? 1 : 2

    static func schema(of kind: Node.Kind, _ seed: UInt64) -> String { "s\(seed)_\(kind)" }

    /// Removes what a history has left there.
    static func clear(_ town: Town) async throws {
        guard let address else { return }
        let janitor = try await Database.open(
            .postgresql(url: address, schema: "janitor_\(getpid())"), migrations: [],
            world: town.world, mode: .scheduled)
        for kind in Node.Kind.allCases {
            for schema in [schema(of: kind, town.seed), schema(of: kind, town.seed) + "_sim"] {
                let drop = SQL(stringLiteral: "DROP SCHEMA IF EXISTS \(schema) CASCADE")
                try await janitor.write { _ = try $0.execute(drop) }
            }
        }
        await janitor.close()
    }
}
