/// The whole list of differences between the SQL of the engines.
struct Dialect: Sendable {
    /// Begins a transaction that writes.
    let beginWriting: String
    /// Begins a transaction that sees one state of the database throughout.
    let beginReading: String
    /// Comes after a `CREATE TABLE (…)`.
    let tableSuffix: String
    /// Comes after the type of a TEXT column.
    let textSuffix: String
    /// Several processes write at once: each waits for the writer row, and none is the owner.
    let isShared: Bool
    /// Keeps others from changing the schema meanwhile, and lets them again.
    let lockSchema: String?
    let unlockSchema: String?
    /// The number of the server's history, which rises when a standby is promoted.
    let timeline: String
    /// True of a server that is a standby, or was demoted, though it goes on to answer queries.
    let takesNoWrites: String
    /// How many sessions of this service there are beside the one that asks.
    let otherSessions: String
    /// An id of 16 bytes that no other process draws.
    let uniqueID: String

    /// A table is its primary key's b-tree: rows of one parent lie together and no key is stored
    /// twice.
    static let sqlite = Dialect(
        beginWriting: "BEGIN IMMEDIATE", beginReading: "BEGIN", tableSuffix: " WITHOUT ROWID",
        textSuffix: "", isShared: false, lockSchema: nil, unlockSchema: nil, timeline: "1",
        takesNoWrites: "1 = 0", otherSessions: "0", uniqueID: "randomblob(16)")

    /// Text is compared by its bytes, as SQLite does, whatever the database's language is.
    static let postgresql = Dialect(
        beginWriting: "BEGIN ISOLATION LEVEL READ COMMITTED",
        beginReading: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", tableSuffix: "",
        textSuffix: #" COLLATE "C""#, isShared: true,
        lockSchema: "SELECT pg_advisory_lock(hashtext(current_schema()))",
        unlockSchema: "SELECT pg_advisory_unlock(hashtext(current_schema()))",
        timeline: """
            CAST(CAST(('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))
                AS BIT(32)) AS BIGINT)
            """,
        takesNoWrites: """
            (pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on')
            """,
        otherSessions: """
            count(*) FROM pg_stat_activity
            WHERE application_name = current_setting('application_name')
                AND pid <> pg_backend_pid()
            """, uniqueID: "uuid_send(gen_random_uuid())")
}
