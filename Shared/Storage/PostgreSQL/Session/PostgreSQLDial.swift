internal import CPostgres
internal import Glibc

/// Asks a server once more why it lets nobody in: libpq tells the state of a connection that failed
/// only to who connects step by step (chapter 34.1 of PostgreSQL's manual).
enum PostgreSQLDial {
    private static let limitMs: Int32 = 5_000

    /// Empty when the server said nothing, or lets one in by now.
    static func refusal(_ address: PostgreSQLAddress, _ place: PostgreSQLPlace) -> SQLState {
        let silent = SQLState(text: "")
        guard let handle = address.withOptions(of: place, { PQconnectStartParams($0, $1, 0) })
        else { return silent }
        defer { PQfinish(handle) }
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        var next = PGRES_POLLING_WRITING
        while PQstatus(handle) != CONNECTION_BAD {
            switch next {
            case PGRES_POLLING_OK: return silent
            case PGRES_POLLING_READING, PGRES_POLLING_WRITING:
                let events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT
                var wanted = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
                let count = poll(&wanted, 1, limitMs)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return silent }
                next = PQconnectPoll(handle)
            default: return state(in: PostgreSQLSession.message(of: handle))
            }
        }
        return state(in: PostgreSQLSession.message(of: handle))
    }

    /// Of "… FATAL:  53300: sorry, too many clients already".
    static func state(in message: String) -> SQLState {
        SQLState(
            text: message.firstMatch(of: #/: +((?=[A-Z]*[0-9])[0-9A-Z]{5}): /#).map { String($0.1) }
                ?? "")
    }
}
