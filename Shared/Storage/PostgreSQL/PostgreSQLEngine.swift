internal import CPostgres
internal import Lifecycle
import Synchronization

/// A schema of a PostgreSQL database, which several processes may have open at once.
final class PostgreSQLEngine: Engine {
    static let oldestVersion: Int32 = 14
    /// A server that restarts, or hands over to its standby, is back sooner.
    static let patienceMs: Int64 = 20_000

    let dialect = Dialect.postgresql
    private let address: PostgreSQLAddress
    private let schema: String
    private let patienceMs: Int64
    private let log: Log
    private let known = Mutex(Known())

    /// `schema` is a word of small letters, digits and `_`. Throws `cannotOpen` for a URL that is
    /// none.
    init(
        _ url: String, schema: String, log: Log, patienceMs: Int64 = PostgreSQLEngine.patienceMs
    ) throws {
        address = try PostgreSQLAddress(url, schema: schema)
        self.schema = schema
        self.log = log
        self.patienceMs = patienceMs
    }

    func connect(_ purpose: ConnectionPurpose) throws -> any Connection {
        let connection = PostgreSQLConnection(
            self, purpose, dialect, ReconnectDelay(ms: patienceMs))
        try connection.connect()
        return connection
    }

    func release() {}

    // MARK: One session

    /// Connects once, to whichever of the servers takes writes and is no primary of the past.
    /// `connectionLost` when another try may help, `cannotOpen` when none will.
    ///
    /// The first session of all looks at every server: one that was promoted knows more than one
    /// that was not told of it, and takes writes too.
    func openSession(
        _ purpose: ConnectionPurpose, _ era: Int64, isFirst: Bool
    ) throws -> PostgreSQLSession {
        var failures: [StorageError] = []
        var best: PostgreSQLSession?
        for place in places(for: purpose) {
            do {
                let session = try openSession(at: place, purpose, era, isFirst: isFirst)
                if session.timeline > best?.timeline ?? -1 { best = session }
            } catch let error as StorageError { failures.append(error) }
            if best != nil, !isFirst || purpose == .reading { break }
        }
        if let best {
            found(best, purpose)
            if !isFirst { log.warning("storage_reconnected", ["schema": schema]) }
            return best
        }
        let mayHelp = failures.contains { $0.code == .connectionLost }
        throw StorageError(
            mayHelp ? .connectionLost : .cannotOpen,
            "TURNSTILE_DATABASE: " + failures.map(\.message).joined(separator: "; "))
    }

    private func openSession(
        at place: PostgreSQLPlace, _ purpose: ConnectionPurpose, _ era: Int64, isFirst: Bool
    ) throws -> PostgreSQLSession {
        guard let handle = address.withOptions(of: place, { PQconnectdbParams($0, $1, 0) }) else {
            throw StorageError(.cannotOpen, "no memory for a connection")
        }
        let server: PostgreSQLSetup.Server
        do {
            guard PQstatus(handle) == CONNECTION_OK else {
                let message = PostgreSQLSession.message(of: handle)
                // Once a session was open, everything that had to fit did.
                throw StorageError(isFirst ? whyNot(place) : .connectionLost, message)
            }
            server = try PostgreSQLSetup(handle, schema: schema, log: isFirst ? log : nil).run()
            if isFirst { try expectOwn(server.backend) }
        } catch {
            PQfinish(handle)
            throw error
        }
        let session = try PostgreSQLSession(handle, era: era, place, timeline: server.timeline)
        if let reason = unfit(session, for: purpose) { throw StorageError(.connectionLost, reason) }
        return session
    }

    /// Two connections of this process that are open at once have the same process of the server
    /// only if somebody between gives it away after each transaction; what a session has prepared,
    /// set and locked is another's then.
    func expectOwn(_ backend: String) throws {
        guard known.withLock({ $0.backends.insert(backend).inserted }) else {
            throw StorageError(
                .cannotOpen,
                "there is a pooler between that shares sessions by the transaction; have it pool "
                    + "by the session (pgbouncer: pool_mode = session), or leave it out")
        }
    }

    /// Whether it is worth while to go on trying a server that did not let this process in.
    private func whyNot(_ place: PostgreSQLPlace) -> StorageError.Code {
        guard address.withOptions(of: place, { PQpingParams($0, $1, 0) }) == PQPING_OK else {
            return .connectionLost
        }
        // It takes connections, only not this one; without a word of its own it was libpq that did
        // not like what was asked for.
        let state = PostgreSQLDial.refusal(address, place)
        return state.text.isEmpty ? .cannotOpen : state.codeAtOpening
    }

    // MARK: Which server

    /// What the sessions of this process have seen of the servers.
    private struct Known {
        /// The highest history: it rises when a standby is promoted.
        var timeline: Int64 = 0
        /// The processes of the server that the first sessions of each connection had.
        var backends: Set<String> = []
        /// Where the writing session is, which those that read go to.
        var home: (place: PostgreSQLPlace, timeline: Int64)?
    }

    private func places(for purpose: ConnectionPurpose) -> [PostgreSQLPlace] {
        guard let home = known.withLock({ $0.home })?.place else { return address.places }
        return [home] + address.places.filter { $0 != home }
    }

    private func found(_ session: PostgreSQLSession, _ purpose: ConnectionPurpose) {
        known.withLock { known in
            known.timeline = max(known.timeline, session.timeline)
            if purpose == .writing { known.home = (session.place, session.timeline) }
        }
    }

    /// Why the session may not be used, or not any more: every session of this process is on the
    /// newest history that any of them has seen, and those that read are where the one is that
    /// writes. So what was written is read, wherever it was written.
    func unfit(_ session: PostgreSQLSession, for purpose: ConnectionPurpose) -> String? {
        let known = known.withLock { $0 }
        if session.timeline < known.timeline { return "the server is a primary of the past" }
        guard purpose == .reading, let home = known.home, home.timeline == session.timeline,
            home.place != session.place
        else { return nil }
        return "the server is not the one that is written to"
    }
}
