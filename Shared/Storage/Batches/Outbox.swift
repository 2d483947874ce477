internal import Wire
/// Facts on their way into the feed's table, numbered without gaps.
final class Outbox {
    private let statements: TableStatements
    private var cells = ColumnWriter()

    init(_ connection: any Connection) {
        statements = TableStatements(FactRow.table, connection)
    }

    /// Gives the number of the last fact stored.
    func write(_ facts: [Fact], after feed: Int64) throws -> Int64 {
        var seq = feed
        var start = 0
        while start < facts.count {
            let insert = try statements.insert(upTo: facts.count - start)
            let end = start + insert.rows
            cells.removeAll()
            for fact in facts[start..<end] {
                let (next, overflow) = seq.addingReportingOverflow(1)
                if overflow { throw StorageError(.corrupt, "the feed has no next number") }
                seq = next
                FactRow(fact.numbered(seq)).write(to: &cells)
            }
            try insert.statement.enqueue(cells, changing: nil)
            start = end
        }
        return seq
    }
}

/// A fact as its row in the outbox.
struct FactRow: StoredRow {
    static let table = TableLayout("outbox", of: Self.self)

    let fact: Fact
    var key: Int64 { fact.seq }

    init(_ fact: Fact) { self.fact = fact }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        fact = Fact(
            seq: c("seq", it) { $0.fact.seq }, at: c("at", it) { $0.fact.at },
            kind: c("kind", it) { $0.fact.kind }, subject: c("subject", it) { $0.fact.subject },
            body: c("body", it) { $0.fact.body })
    }
}
