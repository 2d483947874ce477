/// Facts on their way into the feed's table, numbered without gaps.
enum Outbox {
    private static let eventsInOneStatement = 16

    /// Gives the number of the last fact stored.
    static func write(
        _ events: [FeedEvent], after feed: Int64, to connection: any Connection
    ) throws -> Int64 {
        var seq = feed
        var cells = ColumnWriter()
        var start = 0
        while start < events.count {
            let left = events.count - start
            let size = left >= eventsInOneStatement ? eventsInOneStatement : 1
            cells.removeAll()
            for event in events[start..<start + size] {
                let (next, overflow) = seq.addingReportingOverflow(1)
                if overflow { throw StorageError(.corrupt, "the feed has no next number") }
                seq = next
                StoredEvent(event.numbered(seq)).write(to: &cells)
            }
            try connection.prepare(StoredEvent.table.insert(rows: size)).run(cells)
            start += size
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
