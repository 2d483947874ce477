/// A statement of one connection, prepared in each of its sessions when it is first run there.
final class PostgreSQLStatement: PreparedStatement {
    let text: String
    let name: String
    /// The era of the session that knows it.
    var preparedIn: Int64?
    private unowned let connection: PostgreSQLConnection

    init(_ text: String, name: String, _ connection: PostgreSQLConnection) {
        self.text = text
        self.name = name
        self.connection = connection
    }

    @discardableResult
    func run(_ values: ColumnWriter, onRow: (any ResultRow) throws -> Void) throws -> Int {
        let session = try connection.openSession()
        connection.counters.statements += 1
        connection.counters.roundTrips += 1
        return try session.run(self, values, onRow: onRow)
    }

    func put(_ values: ColumnWriter, changing rows: Int?) throws {
        let session = try connection.openSession()
        connection.counters.statements += 1
        try session.put(self, values, changing: rows)
    }
}
