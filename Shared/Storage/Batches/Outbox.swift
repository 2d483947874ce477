/// Facts on their way into the feed's table, numbered without gaps.
final class Outbox {
    private let statements: TableStatements
    private var cells = ColumnWriter()

    init(_ connection: any Connection) {
        statements = TableStatements(StoredEvent.table, connection)
    }

    /// Gives the number of the last fact stored.
    func write(_ events: [FeedEvent], after feed: Int64) throws -> Int64 {
        var seq = feed
        var start = 0
        while start < events.count {
            let insert = try statements.insert(upTo: events.count - start)
            let end = start + insert.rows
            cells.removeAll()
            for event in events[start..<end] {
                let (next, overflow) = seq.addingReportingOverflow(1)
                if overflow { throw StorageError(.corrupt, "the feed has no next number") }
                seq = next
                StoredEvent(event.numbered(seq)).write(to: &cells)
            }
            try insert.statement.put(cells, changing: nil)
            start = end
        }
        return seq
    }
}

/// A fact as its row in the outbox.
struct StoredEvent: StoredRow {
    static let table = TableLayout(
        "outbox", key: ["seq"], columns: ["seq", "at", "kind", "subject", "body"])

    let event: FeedEvent
    var key: Int64 { event.seq }

    init(_ event: FeedEvent) { self.event = event }

    func write(to columns: inout ColumnWriter) {
        columns.append(event.seq)
        columns.append(event.at)
        columns.append(event.kind)
        columns.append(event.subject)
        columns.append(event.body)
    }

    init(from columns: inout ColumnReader) throws {
        event = FeedEvent(
            seq: try columns.next(), at: try columns.next(), kind: try columns.next(),
            subject: try columns.next(), body: try columns.next())
    }
}
