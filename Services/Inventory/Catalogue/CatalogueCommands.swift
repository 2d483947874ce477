import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Wire

/// Setting up events and ticket types. Their ids are their keys: the same request again answers
/// what there is, another one under the same id is a conflict.
enum CatalogueCommands {
    /// - Parameter event: what `request` comes to.
    static func create(
        _ event: EventView, asked request: CreateEventRequest, actor: String, in batch: Batch
    ) throws -> EventReply {
        if let stored = try batch.find(EventRow.self, event.eventId)?.event {
            var first = stored
            (first.status, first.version) = (event.status, event.version)
            // What a request leaves to the event's default is what the default was then.
            let differences = event.differences(from: first).filter {
                $0 != "openCheckouts" || request.openCheckouts != nil
            }
            guard differences.isEmpty else { throw RPCError.differing(differences) }
            return try reply(stored, in: batch)
        }
        var stock = Stock(batch, actor: actor)
        guard try stock.pool(event.eventId) == nil else {
            throw RPCError.invalid("eventId", "is the id of a ticket type or of an owner's limit")
        }
        stock.make(
            Pool(
                id: event.eventId, kind: .event, eventId: event.eventId,
                capacity: event.totalCapacity),
            for: event.eventId)
        try stock.save()
        try batch.insert(EventRow(event))
        try Facts.event(InventoryFact.eventCreated, event, in: batch)
        return try CatalogueQueries.reply(event, [], at: batch.now)
    }

    static func publish(
        _ request: PublishEventRequest, actor: String, in batch: Batch
    ) throws -> EventReply {
        guard let event = try batch.find(EventRow.self, request.eventId)?.event else {
            throw RPCError.unknown(.event, request.eventId)
        }
        let types = try CatalogueQueries.types(of: event.eventId, in: batch)
        switch try CatalogueRules.publish(
            event, expectedVersion: request.expectedVersion, types: types, now: batch.now)
        {
        case .stands: return try CatalogueQueries.reply(event, types, at: batch.now)
        case .becomes(let published):
            var stock = Stock(batch, actor: actor)
            try stock.note(.publish, of: event.eventId)
            try stock.save()
            try batch.update(EventRow(published))
            try Facts.event(InventoryFact.eventPublished, published, in: batch)
            return try CatalogueQueries.reply(published, types, at: batch.now)
        }
    }

    static func put(
        _ request: PutTicketTypeRequest, actor: String, in batch: Batch
    ) throws -> TicketTypeReply {
        guard let event = try batch.find(EventRow.self, request.eventId)?.event else {
            throw RPCError.unknown(.event, request.eventId)
        }
        let stored = try batch.find(TicketTypeRow.self, request.ticketTypeId)?.type
        let type = try CatalogueRules.ticketType(
            request, of: event, version: try next(request.expectedVersion ?? 0))
        if let stored {
            return try replace(stored, with: type, request, of: event, actor: actor, in: batch)
        }
        guard request.expectedVersion == nil else {
            throw RPCError.unknown(.ticketType, request.ticketTypeId)
        }
        let types = try CatalogueQueries.types(of: event.eventId, in: batch)
        guard types.count < CatalogueRules.typesPerEvent else {
            throw RPCError.invalid(
                "eventId", "has \(types.count) ticket types, and no more are possible")
        }
        try CatalogueRules.checkAllocations(types + [type], capacity: event.totalCapacity)
        var stock = Stock(batch, actor: actor)
        guard try stock.pool(type.ticketTypeId) == nil else {
            throw RPCError.invalid("ticketTypeId", "is the id of an event or of an owner's limit")
        }
        stock.make(
            Pool(
                id: type.ticketTypeId, kind: .ticketType, eventId: type.eventId,
                capacity: type.allocation),
            for: type.ticketTypeId)
        try stock.save()
        try batch.insert(TicketTypeRow(type))
        return reply(type, of: event, in: batch)
    }

    private static func replace(
        _ stored: TicketTypeView, with type: TicketTypeView, _ request: PutTicketTypeRequest,
        of event: EventView, actor: String, in batch: Batch
    ) throws -> TicketTypeReply {
        guard let expected = request.expectedVersion else {
            let differences = type.differences(from: stored).filter { $0 != "version" }
            guard differences.isEmpty else { throw RPCError.differing(differences) }
            return reply(stored, of: event, in: batch)
        }
        if stored == type { return reply(stored, of: event, in: batch) }
        guard stored.version == expected else {
            throw RPCError.versionConflict(current: stored.version)
        }
        guard stored.eventId == type.eventId else {
            throw RPCError.invalid("eventId", "is not the one the ticket type was made for")
        }
        let others = try CatalogueQueries.types(of: event.eventId, in: batch)
            .filter { $0.ticketTypeId != type.ticketTypeId }
        try CatalogueRules.checkAllocations(others + [type], capacity: event.totalCapacity)
        var stock = Stock(batch, actor: actor)
        guard let pool = try stock.pool(type.ticketTypeId) else {
            throw StorageError(.corrupt, "ticket type \(type.ticketTypeId) has no pool")
        }
        try CatalogueRules.checkCapacity(type.allocation, of: pool)
        try stock.set(capacity: type.allocation, of: pool.id, for: pool.id)
        let changed = type.differences(from: stored).filter { $0 != "version" }
        if changed != ["allocation"] { try stock.note(.change, of: pool.id) }
        try stock.save()
        try batch.update(TicketTypeRow(type))
        return reply(type, of: event, in: batch)
    }

    private static func reply(
        _ type: TicketTypeView, of event: EventView, in batch: Batch
    ) -> TicketTypeReply {
        TicketTypeReply(ticketType: CatalogueQueries.shown(type, of: event, at: batch.now))
    }

    private static func next(_ version: Int64) throws -> Int64 {
        guard version < .max else {
            throw RPCError.invalid("expectedVersion", "is the last that can be counted")
        }
        return version + 1
    }

    private static func reply(_ event: EventView, in batch: Batch) throws -> EventReply {
        try CatalogueQueries.reply(
            event, try CatalogueQueries.types(of: event.eventId, in: batch), at: batch.now)
    }
}
