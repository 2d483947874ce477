import Contracts
import FoundationEssentials
import Storage

/// Where rows can be selected: in a batch that writes, or beside it.
protocol RowSelector {
    func select<Row: StoredRow>(_: Row.Type, where condition: SQL) throws -> [Row]
}

extension Batch: RowSelector {}
extension Reader: RowSelector {}

enum CatalogueQueries {
    static func event(_ id: UUID, in reader: Reader) throws -> EventReply? {
        guard let event = try reader.find(EventRow.self, id)?.event else { return nil }
        return EventReply(event: event, ticketTypes: try types(of: id, in: reader))
    }

    /// In the order in which they are shown.
    static func types(of eventId: UUID, in rows: some RowSelector) throws -> [TicketTypeView] {
        try rows.select(
            TicketTypeRow.self, where: "event_id = \(eventId) ORDER BY sort, name, ticket_type_id"
        ).map(\.type)
    }
}
