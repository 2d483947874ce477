import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Wire

/// An event as it is stored.
struct EventRow: StoredRow {
    let event: EventView

    static let table = TableLayout(
        "event", key: ["event_id"],
        columns: [
            "event_id", "title", "description", "location", "starts_at", "ends_at", "timezone",
            "currency", "fee_per_ticket", "sales_start", "sales_end", "status", "total_capacity",
            "hold_ttl_ms", "max_hold_ms", "late_reclaim", "open_checkouts", "version",
        ])

    var key: UUID { event.eventId }

    init(_ event: EventView) { self.event = event }

    func write(to columns: inout ColumnWriter) {
        columns.append(event.eventId)
        columns.append(event.title)
        columns.append(event.description)
        columns.append(event.location)
        columns.append(event.startsAt)
        columns.append(event.endsAt)
        columns.append(event.timezone)
        columns.append(event.currency.code)
        columns.append(event.feePerTicket.amount)
        columns.append(event.salesStart)
        columns.append(event.salesEnd)
        columns.append(event.status.rawValue)
        columns.append(event.totalCapacity)
        columns.append(event.holdTtlMs)
        columns.append(event.maxHoldMs)
        columns.append(event.lateReclaim)
        columns.append(event.openCheckouts.rawValue)
        columns.append(event.version)
    }

    init(from columns: inout ColumnReader) throws {
        let (eventId, title) = try (columns.next(UUID.self), columns.next(String.self))
        let description = try columns.next(String?.self)
        let location = try columns.next(String?.self)
        let startsAt = try columns.next(Instant.self)
        let endsAt = try columns.next(Instant?.self)
        let timezone = try columns.next(String?.self)
        let currency = Currency(try columns.next())
        event = EventView(
            eventId: eventId, title: title, description: description, location: location,
            startsAt: startsAt, endsAt: endsAt, timezone: timezone, currency: currency,
            feePerTicket: Money(try columns.next(), currency), salesStart: try columns.next(),
            salesEnd: try columns.next(), status: EventStatus(try columns.next()),
            totalCapacity: try columns.next(), holdTtlMs: try columns.next(),
            maxHoldMs: try columns.next(), lateReclaim: try columns.next(),
            openCheckouts: OpenCheckouts(try columns.next()), version: try columns.next())
    }
}

/// A ticket type as it is stored.
struct TicketTypeRow: StoredRow {
    let type: TicketTypeView

    static let table = TableLayout(
        "ticket_type", key: ["ticket_type_id"],
        columns: [
            "ticket_type_id", "event_id", "name", "description", "price", "currency",
            "tax_basis_points", "allocation", "is_enabled", "min_per_order", "max_per_order",
            "per_owner_limit", "required_entitlements", "sales_start", "sales_end", "sort",
            "version",
        ])

    var key: UUID { type.ticketTypeId }

    init(_ type: TicketTypeView) { self.type = type }

    func write(to columns: inout ColumnWriter) {
        columns.append(type.ticketTypeId)
        columns.append(type.eventId)
        columns.append(type.name)
        columns.append(type.description)
        columns.append(type.price.amount)
        columns.append(type.price.currency.code)
        columns.append(type.taxBasisPoints)
        columns.append(type.allocation)
        columns.append(type.isEnabled)
        columns.append(type.minPerOrder)
        columns.append(type.maxPerOrder)
        columns.append(type.perOwnerLimit)
        columns.append(Self.blob(of: type.requiredEntitlements))
        columns.append(type.salesStart)
        columns.append(type.salesEnd)
        columns.append(type.sort)
        columns.append(type.version)
    }

    init(from columns: inout ColumnReader) throws {
        type = TicketTypeView(
            ticketTypeId: try columns.next(), eventId: try columns.next(),
            name: try columns.next(), description: try columns.next(),
            price: Money(try columns.next(), Currency(try columns.next())),
            taxBasisPoints: try columns.next(), allocation: try columns.next(),
            isEnabled: try columns.next(), minPerOrder: try columns.next(),
            maxPerOrder: try columns.next(), perOwnerLimit: try columns.next(),
            requiredEntitlements: try Self.texts(in: columns.next()),
            salesStart: try columns.next(), salesEnd: try columns.next(),
            sort: try columns.next(), version: try columns.next())
    }

    private static func blob(of texts: [String]) -> [UInt8] {
        var writer = CBORWriter()
        texts.write(to: &writer)
        return writer.bytes
    }

    private static func texts(in blob: [UInt8]) throws -> [String] {
        var reader = CBORReader(blob)
        guard let texts = try? [String](from: &reader), reader.isAtEnd else {
            throw StorageError(.corrupt, "ticket_type: required_entitlements is no list of texts")
        }
        return texts
    }
}
