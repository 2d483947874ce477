public import Lifecycle

/// Makes a long past out of one day that services really lived through: every row that holds an
/// id or an instant of that day is there again on each day before, and what counts through goes on
/// counting. The rows are the services' own, so that whatever holds of them holds of the past.
public struct Day: Sendable {
    /// A table whose rows are repeated, but for those from before the day.
    public struct Table: Sendable {
        let name: String
        let number: String?
        let parent: String?
        let running: [(before: String, after: String)]

        /// - Parameters:
        ///   - number: a column that counts the rows of one parent without gaps.
        ///   - parent: the column that tells parents apart; all rows have one when it is nil.
        ///   - running: what a row found and what it left.
        public init(
            _ name: String, number: String? = nil, of parent: String? = nil,
            running: [(before: String, after: String)] = []
        ) {
            self.name = name
            self.number = number
            self.parent = parent
            self.running = running
        }
    }

    private let start: Instant
    private let times: Int64
    private let everyMs: Int64

    /// - Parameters:
    ///   - start: nothing before it is repeated, such as events and ticket types.
    ///   - times: how many days there are in the end.
    ///   - everyMs: from one to the next; longer than the day lasted.
    public init(since start: Instant, times: Int64, everyMs: Int64) {
        self.start = start
        self.times = times
        self.everyMs = everyMs
    }

    /// - Parameters:
    ///   - path: the database of a service that does not run.
    ///   - totals: statements that set what counts rows from the rows.
    public func repeated(_ tables: [Table], in path: String, totals: [String]) throws {
        let file = try StoreFile(path)
        try file.run("BEGIN")
        var parts = try tables.map { try Part($0, file, since: start.milliseconds) }
        // The first day counts on from what was there before; every other from the day before it.
        for index in parts.indices { parts[index].move(byMs: (1 - times) * everyMs, days: 0) }
        for day in 0..<times {
            for index in parts.indices {
                if day > 0 { parts[index].move(byMs: everyMs, days: 1) }
                try parts[index].insert(into: file)
            }
        }
        for part in parts { file.finish(part.inserter) }
        for statement in totals { try file.run(statement) }
        try file.run("COMMIT")
        try file.close()
    }

    /// The rows of one table that are repeated, taken out of it; the others stay.
    private struct Part {
        private var rows: [PastRow]
        let inserter: OpaquePointer

        init(_ table: Table, _ file: StoreFile, since start: Int64) throws {
            let (columns, all) = try file.rows(of: table.name)
            inserter = try file.inserter(into: table.name, columns: columns.count)
            try file.run("DELETE FROM \(table.name)")
            rows = []
            for var row in all {
                row.trace(since: start)
                if row.traces.isEmpty {
                    try file.insert(row, with: inserter)
                } else {
                    rows.append(row)
                }
            }
            try count(table, columns)
        }

        mutating func move(byMs ms: Int64, days: Int64) {
            for index in rows.indices { rows[index].move(byMs: ms, days: days) }
        }

        func insert(into file: StoreFile) throws {
            for row in rows { try file.insert(row, with: inserter) }
        }

        /// Lets numbers rise by what they rose on the day, parent by parent.
        private mutating func count(_ table: Table, _ columns: [String]) throws {
            func column(_ name: String) throws -> Int {
                guard let index = columns.firstIndex(of: name) else {
                    throw PastError("\(table.name) has no column \(name)")
                }
                return index
            }
            let parent = try table.parent.map(column)
            let families = Dictionary(grouping: rows.indices) { index in
                parent.map { rows[index].part($0) } ?? []
            }
            for members in families.values {
                guard let first = members.first, let last = members.last else { continue }
                if let number = try table.number.map(column) {
                    for member in members {
                        rows[member].count(number, aDay: Int64(members.count))
                    }
                }
                for (before, after) in table.running {
                    let (before, after) = (try column(before), try column(after))
                    let step = rows[last].integer(after) - rows[first].integer(before)
                    for member in members {
                        rows[member].count(before, aDay: step)
                        rows[member].count(after, aDay: step)
                    }
                }
            }
        }
    }
}
