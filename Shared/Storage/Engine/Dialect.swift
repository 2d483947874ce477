/// The whole list of differences between the SQL of the engines.
struct Dialect: Sendable {
    /// Begins a transaction that writes.
    let beginWriting: String
    /// Begins a transaction that sees one state of the database throughout.
    let beginReading: String
    /// Comes after a `CREATE TABLE (…)`.
    let tableSuffix: String

    /// A table is its primary key's b-tree: rows of one parent lie together and no key is stored
    /// twice.
    static let sqlite = Dialect(
        beginWriting: "BEGIN IMMEDIATE", beginReading: "BEGIN", tableSuffix: " WITHOUT ROWID")
}
