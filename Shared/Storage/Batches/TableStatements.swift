/// The statements of one table on one connection, each prepared when it is first needed and kept:
/// to look a long text up again takes longer than to run it.
final class TableStatements {
    private let table: TableLayout
    private let connection: any Connection
    private var prepared: [(any PreparedStatement)?]

    init(_ table: TableLayout, _ connection: any Connection) {
        self.table = table
        self.connection = connection
        prepared = Array(repeating: nil, count: 4 + 2 * TableLayout.sizes.count)
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
        let (index, size) = Self.size(upTo: rows)
        return (size, try statement(4 + index, table.insert(size)))
    }

    /// The statement that replaces the most rows of so many, and how many; nil when each is better
    /// updated by itself.
    func replacement(upTo rows: Int) throws -> (rows: Int, statement: any PreparedStatement)? {
        guard connection.hasCostlyStatements, rows > 1,
            table.columns.count > table.keyColumns.count
        else { return nil }
        let (index, size) = Self.size(upTo: rows)
        return (size, try statement(4 + TableLayout.sizes.count + index, table.replace(size)))
    }

    private static func size(upTo rows: Int) -> (index: Int, rows: Int) {
        let sizes = TableLayout.sizes
        let index = sizes.firstIndex { $0 <= rows } ?? sizes.count - 1
        return (index, sizes[index])
    }

    private func statement(_ index: Int, _ text: @autoclosure () -> String) throws
        -> any PreparedStatement
    {
        if let known = prepared[index] { return known }
        let statement = try connection.prepare(text())
        prepared[index] = statement
        return statement
    }
}
