import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage

enum CatalogueQueries {
    /// An event with a page of its ticket types; nil when there is no such event, or none that the
    /// caller may see.
    static func event(
        _ request: GetEventRequest, seesDrafts: Bool, in reader: Reader
    ) throws -> EventReply? {
        guard let event = try reader.find(EventRow.self, request.eventId)?.event,
            seesDrafts || event.status != .draft
        else { return nil }
        let now = reader.now
        var page = try page(of: event.eventId, after: request.after, limit: request.limit)
        let beyond = try beyond(page.after, of: event.eventId, in: reader)
        // Descriptions are long: what does not fit is not read.
        try reader.select(
            TicketTypeRow.self,
            where: """
                event_id = \(event.eventId) \(beyond) ORDER BY \(order) LIMIT \(page.rowsToRead)
                """,
            while: { page.take(shown($0.type, of: event, at: now), at: $0.type.ticketTypeId) })
        return EventReply(
            event: shown(event, at: now), ticketTypes: page.rows, next: page.next)
    }

    /// The same for whoever has all types at hand.
    static func reply(
        _ event: EventView, _ types: [TicketTypeView], at now: Instant
    ) throws -> EventReply {
        var page = try page(of: event.eventId, after: nil, limit: nil)
        for type in types {
            guard page.take(shown(type, of: event, at: now), at: type.ticketTypeId) else {
                break
            }
        }
        return EventReply(
            event: shown(event, at: now), ticketTypes: page.rows, next: page.next)
    }

    /// With what is true of it at a time alone.
    private static func shown(_ event: EventView, at now: Instant) -> EventView {
        var event = event
        event.why = SaleRules.notOnSale(event, at: now)
        return event
    }

    static func shown(
        _ type: TicketTypeView, of event: EventView, at now: Instant
    ) -> TicketTypeView {
        var type = type
        type.why = SaleRules.notOnSale(event, at: now) ?? SaleRules.notOnSale(type, at: now)
        return type
    }

    /// In the order in which they are shown.
    static func types(of eventId: UUID, in rows: some RowReader) throws -> [TicketTypeView] {
        try rows.select(
            TicketTypeRow.self, where: "event_id = \(eventId) ORDER BY \(order)"
        ).map(\.type)
    }

    private static var order: SQL { "sort, name, ticket_type_id" }

    private static func page(
        of eventId: UUID, after: String?, limit: Int64?
    ) throws(RPCError) -> Page<TicketTypeView, UUID> {
        try Page(
            of: InventoryAPI.getEvent.name, among: [eventId.text], after: after,
            limit: limit)
    }

    /// A place is a type's id, because names are longer than a place may be; types are never
    /// deleted, so it is found again.
    private static func beyond(
        _ last: UUID?, of eventId: UUID, in reader: Reader
    ) throws -> SQL {
        guard let last else { return "" }
        guard let type = try reader.find(TicketTypeRow.self, last)?.type, type.eventId == eventId
        else { throw RPCError.foreignPlace }
        return """
            AND (sort > \(type.sort) OR (sort = \(type.sort) AND (name > \(type.name)
                OR (name = \(type.name) AND ticket_type_id > \(last)))))
            """
    }
}
