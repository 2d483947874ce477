import FoundationEssentials
import Lifecycle
import Storage

extension SimEventType: Bindable {}

/// A sending as its row; accepted, it is deleted.
struct SimEventRow: StoredRow {
    struct Key: StoredKey {
        let eventID: UUID
        let copy: Int64

        func write(to columns: inout ColumnWriter) {
            columns.append(eventID)
            columns.append(copy)
        }
    }

    static let table = TableLayout(
        "sim_event", key: ["event_id", "copy"],
        columns: [
            "event_id", "copy", "payment_id", "type", "created_at", "due_at", "tries",
        ])

    let event: SimEvent

    var key: Key { Key(eventID: event.eventID, copy: event.copy) }

    init(_ event: SimEvent) { self.event = event }

    func write(to columns: inout ColumnWriter) {
        key.write(to: &columns)
        columns.append(event.paymentID)
        columns.append(event.type)
        columns.append(event.createdAt)
        columns.append(event.dueAt)
        columns.append(event.tries)
    }

    init(from columns: inout ColumnReader) throws {
        event = SimEvent(
            eventID: try columns.next(), copy: try columns.next(),
            paymentID: try columns.next(), type: try columns.next(),
            createdAt: try columns.next(), dueAt: try columns.next(), tries: try columns.next())
    }
}
