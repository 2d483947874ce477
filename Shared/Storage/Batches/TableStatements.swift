/// The statements of one table on one connection, each prepared when it is first needed and kept:
/// to look a long text up again takes longer than to run it.
final class TableStatements {
    private let table: TableLayout
    private let connection: any Connection
    private var prepared: [(any PreparedStatement)?]

    init(_ table: TableLayout, _ connection: any Connection) {
        self.table = table
        self.connection = connection
        prepared = Array(repeating: nil, count: 4 + table.inserts.count + table.replacements.count)
    }

    var selectByKey: any PreparedStatement {
        get throws { try statement(0, table.selectByKey) }
    }

    var update: any PreparedStatement {
        get throws { try statement(1, table.update) }
    }

    var delete: any PreparedStatement {
        get throws { try statement(2, table.delete) }
    }

    var selectHighestKey: any PreparedStatement {
        get throws { try statement(3, table.selectHighestKey) }
    }

    /// The statement that inserts the most rows of so many, and how many it inserts.
    func insert(upTo rows: Int) throws -> (rows: Int, statement: any PreparedStatement) {
        let index = table.inserts.firstIndex { $0.rows <= rows } ?? table.inserts.count - 1
        let insert = table.inserts[index]
        return (insert.rows, try statement(4 + index, insert.text))
    }

    /// The statement that replaces the most rows of so many, and how many; nil when each is better
    /// updated by itself.
    func replacement(upTo rows: Int) throws -> (rows: Int, statement: any PreparedStatement)? {
        guard connection.hasCostlyStatements,
            let index = table.replacements.firstIndex(where: { $0.rows <= rows })
        else { return nil }
        let replacement = table.replacements[index]
        let place = 4 + table.inserts.count + index
        return (replacement.rows, try statement(place, replacement.text))
    }

    private func statement(_ index: Int, _ text: String) throws -> any PreparedStatement {
        if let known = prepared[index] { return known }
        let statement = try connection.prepare(text)
        prepared[index] = statement
        return statement
    }
}
