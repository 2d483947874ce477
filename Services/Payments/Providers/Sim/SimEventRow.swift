import FoundationEssentials
import Lifecycle
import Storage
import Wire

extension SimEventType: Bindable {
    static var nothing: SimEventType { .captured }
}

/// A sending as its row; accepted, it is deleted.
struct SimEventRow: StoredRow {
    struct Key: CompoundKey {
        let eventID: UUID
        let copy: Int64

        static func walk<Row>(
            _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
        ) -> Self {
            Self(
                eventID: c("event_id", it) { get($0).eventID },
                copy: c("copy", it) { get($0).copy })
        }
    }

    static let table = TableLayout("sim_event", of: Self.self)

    let event: SimEvent

    var key: Key { Key(eventID: event.eventID, copy: event.copy) }

    init(_ event: SimEvent) { self.event = event }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        let key = Key.walk(c, it) { $0.key }
        event = SimEvent(
            eventID: key.eventID, copy: key.copy,
            paymentID: c("payment_id", it) { $0.event.paymentID },
            type: c("type", it) { $0.event.type },
            createdAt: c("created_at", it) { $0.event.createdAt },
            dueAt: c("due_at", it) { $0.event.dueAt }, tries: c("tries", it) { $0.event.tries })
    }
}

extension Database {
    /// Events that are to be sent now, the longest due first.
    func dueSimEvents(
        after last: DueLoop<SimEventRow.Key>.Due?, limit: Int
    ) async throws -> [DueLoop<SimEventRow.Key>.Due] {
        let behind: SQL =
            last.map {
                "AND (due_at, event_id, copy) > (\($0.at), \($0.id.eventID), \($0.id.copy))"
            } ?? ""
        return try await read { reader in
            try reader.query(
                """
                SELECT event_id, copy, due_at FROM sim_event
                WHERE due_at <= \(reader.now) \(behind)
                ORDER BY due_at, event_id, copy LIMIT \(limit)
                """
            ) {
                DueLoop.Due(
                    id: SimEventRow.Key(eventID: try $0.next(), copy: try $0.next()),
                    at: try $0.next())
            }
        }
    }
}
