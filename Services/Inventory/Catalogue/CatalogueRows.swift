import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Wire

/// An event as it is stored.
struct EventRow: StoredRow {
    let event: EventView

    static let table = TableLayout("event", of: Self.self)

    var key: UUID { event.eventId }

    init(_ event: EventView) { self.event = event }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        let (id, title) = (
            c("event_id", it) { $0.event.eventId }, c("title", it) { $0.event.title }
        )
        let description = c("description", it) { $0.event.description }
        let location = c("location", it) { $0.event.location }
        let startsAt = c("starts_at", it) { $0.event.startsAt }
        let endsAt = c("ends_at", it) { $0.event.endsAt }
        let timezone = c("timezone", it) { $0.event.timezone }
        let currency = Currency(c("currency", it) { $0.event.currency.code })
        event = EventView(
            eventId: id, title: title, description: description, location: location,
            startsAt: startsAt, endsAt: endsAt, timezone: timezone, currency: currency,
            feePerTicket: Money(c("fee_per_ticket", it) { $0.event.feePerTicket.amount }, currency),
            salesStart: c("sales_start", it) { $0.event.salesStart },
            salesEnd: c("sales_end", it) { $0.event.salesEnd },
            status: c("status", it) { $0.event.status },
            totalCapacity: c("total_capacity", it) { $0.event.totalCapacity },
            holdTtlMs: c("hold_ttl_ms", it) { $0.event.holdTtlMs },
            maxHoldMs: c("max_hold_ms", it) { $0.event.maxHoldMs },
            lateReclaim: c("late_reclaim", it) { $0.event.lateReclaim },
            openCheckouts: c("open_checkouts", it) { $0.event.openCheckouts },
            version: c("version", it) { $0.event.version })
    }
}

/// A ticket type as it is stored.
struct TicketTypeRow: StoredRow {
    let type: TicketTypeView

    static let table = TableLayout("ticket_type", of: Self.self)

    var key: UUID { type.ticketTypeId }

    init(_ type: TicketTypeView) { self.type = type }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        type = TicketTypeView(
            ticketTypeId: c("ticket_type_id", it) { $0.type.ticketTypeId },
            eventId: c("event_id", it) { $0.type.eventId }, name: c("name", it) { $0.type.name },
            description: c("description", it) { $0.type.description },
            price: Money(
                c("price", it) { $0.type.price.amount },
                Currency(c("currency", it) { $0.type.price.currency.code })),
            taxBasisPoints: c("tax_basis_points", it) { $0.type.taxBasisPoints },
            allocation: c("allocation", it) { $0.type.allocation },
            isEnabled: c("is_enabled", it) { $0.type.isEnabled },
            minPerOrder: c("min_per_order", it) { $0.type.minPerOrder },
            maxPerOrder: c("max_per_order", it) { $0.type.maxPerOrder },
            perOwnerLimit: c("per_owner_limit", it) { $0.type.perOwnerLimit },
            requiredEntitlements: c("required_entitlements", it, as: PackedTexts.self) {
                $0.type.requiredEntitlements
            }, salesStart: c("sales_start", it) { $0.type.salesStart },
            salesEnd: c("sales_end", it) { $0.type.salesEnd }, sort: c("sort", it) { $0.type.sort },
            version: c("version", it) { $0.type.version })
    }
}

/// A list of texts, read whole with its row.
private enum PackedTexts: ColumnForm {
    static var nothing: [String] { [] }
    static func cell(of texts: [String]) -> [UInt8] { CBOR.encode(texts) }

    static func value(in blob: [UInt8]) throws -> [String] {
        do { return try CBOR.decode([String].self, from: blob) } catch {
            throw StorageError(.corrupt, "ticket_type: required_entitlements is no list of texts")
        }
    }
}
