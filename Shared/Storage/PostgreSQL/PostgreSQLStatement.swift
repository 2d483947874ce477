/// A statement of one connection, prepared in each of its sessions when it is first run there.
final class PostgreSQLStatement: PreparedStatement {
    let text: String
    private(set) var name = ""
    private var types: [UInt32] = []
    private var versions = 0
    private let id: Int64
    /// The era of the session that knows it.
    var preparedIn: Int64?
    private unowned let connection: PostgreSQLConnection

    init(_ text: String, id: Int64, _ connection: PostgreSQLConnection) {
        self.text = text
        self.id = id
        self.connection = connection
    }

    /// False when a value has another type than the statement was prepared for: its bytes would be
    /// taken for something else.
    func fits(_ values: ColumnWriter) -> Bool {
        guard values.cells.count == types.count else { return false }
        for (cell, type) in zip(values.cells, types) where type != 0 {
            let given = PostgreSQLParameters.type(of: cell)
            if given != type, given != 0 { return false }
        }
        return true
    }

    /// Is prepared for these types from now on, under another name than before.
    func take(_ types: [UInt32]) {
        self.types = types
        versions += 1
        name = "s\(id).\(versions)"
    }

    @discardableResult
    func run(_ values: ColumnWriter, onRow: (any ResultRow) throws -> Void) throws -> Int {
        let session = try connection.openSession()
        connection.counters.statements += 1
        connection.counters.roundTrips += 1
        return try session.run(
            self, values, isAlone: !connection.isInTransaction, onRow: onRow)
    }

    func enqueue(_ values: ColumnWriter, changing rows: Int?) throws {
        let session = try connection.openSession()
        connection.counters.statements += 1
        try session.enqueue(self, values, changing: rows)
    }
}
