import Contracts
import FoundationEssentials
import RPC
import Storage

/// Events and their ticket types: what may be sold.
extension InventoryService {
    func registerCatalogue(on router: inout Router) {
        router.handle(InventoryAPI.createEvent, createEvent)
        router.handle(InventoryAPI.publishEvent, publishEvent)
        router.handle(InventoryAPI.getEvent, getEvent)
        router.handle(InventoryAPI.putTicketType, putTicketType)
    }

    func createEvent(_ request: CreateEventRequest, _ call: CallContext) async throws -> EventReply
    {
        let event = try CatalogueRules.event(request, in: timeZones)
        return try await database.write { batch in
            try CatalogueCommands.create(event, asked: request, actor: call.caller, in: batch)
        }
    }

    func publishEvent(
        _ request: PublishEventRequest, _ call: CallContext
    ) async throws -> EventReply {
        try await database.write { batch in
            try CatalogueCommands.publish(request, actor: call.caller, in: batch)
        }
    }

    func getEvent(_ request: GetEventRequest, _ call: CallContext) async throws -> EventReply {
        let event = try await database.read { reader in
            try CatalogueQueries.event(request, seesDrafts: call.isStaff, in: reader)
        }
        guard let event else { throw RPCError.unknown(.event, request.eventId) }
        return event
    }

    func putTicketType(
        _ request: PutTicketTypeRequest, _ call: CallContext
    ) async throws -> TicketTypeReply {
        try await database.write { batch in
            try CatalogueCommands.put(request, actor: call.caller, in: batch)
        }
    }
}
