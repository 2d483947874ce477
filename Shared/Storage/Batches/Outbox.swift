internal import Wire
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
    static let table = TableLayout("outbox", of: Self.self)

    let event: FeedEvent
    var key: Int64 { event.seq }

    init(_ event: FeedEvent) { self.event = event }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        event = FeedEvent(
            seq: c("seq", it) { $0.event.seq }, at: c("at", it) { $0.event.at },
            kind: c("kind", it) { $0.event.kind }, subject: c("subject", it) { $0.event.subject },
            body: c("body", it) { $0.event.body })
    }
}
