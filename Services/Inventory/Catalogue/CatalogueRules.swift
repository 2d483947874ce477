import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Text
import Wire

/// What an organiser may set up, and how.
enum CatalogueRules {
    static let holdTtlMs: Int64 = 900_000
    static let maxHoldMs: Int64 = 1_800_000
    static let maxPerOrder: Int64 = 10
    /// Ticket types of one event, so that every reply fits.
    static let typesPerEvent = 500

    /// The new event, with its defaults.
    ///
    /// - Throws: `INVALID_ARGUMENT` with every field that contradicts another.
    static func event(
        _ request: CreateEventRequest, in timeZones: TimeZones
    ) throws -> EventView {
        let fee = request.feePerTicket ?? Money(0, request.currency)
        let holdTtlMs = request.holdTtlMs ?? min(Self.holdTtlMs, request.maxHoldMs ?? .max)
        let maxHoldMs = request.maxHoldMs ?? max(Self.maxHoldMs, holdTtlMs)
        var problems = window("salesEnd", after: request.salesStart, request.salesEnd)
        if let end = request.endsAt, end < request.startsAt {
            problems.append(FieldProblem(field: "endsAt", problem: "is before startsAt"))
        }
        if let zone = request.timezone, !timeZones.contains(zone) {
            problems.append(
                FieldProblem(
                    field: "timezone",
                    problem: "must be a time zone of the IANA database such as Europe/Vienna, not "
                        + zone.quoted))
        }
        if fee.currency != request.currency {
            problems.append(
                FieldProblem(field: "feePerTicket.currency", problem: "is not the event's"))
        }
        if maxHoldMs < holdTtlMs {
            problems.append(FieldProblem(field: "maxHoldMs", problem: "is less than holdTtlMs"))
        }
        guard problems.isEmpty else { throw RPCError.invalid(problems) }
        return EventView(
            eventId: request.eventId, title: request.title, description: request.description,
            location: request.location, startsAt: request.startsAt, endsAt: request.endsAt,
            timezone: request.timezone, currency: request.currency, feePerTicket: fee,
            salesStart: request.salesStart, salesEnd: request.salesEnd, status: .draft,
            totalCapacity: request.totalCapacity, holdTtlMs: holdTtlMs, maxHoldMs: maxHoldMs,
            lateReclaim: request.lateReclaim ?? true,
            openCheckouts: request.openCheckouts ?? .replace, version: 1)
    }

    enum Publication {
        /// It was published by the same request before.
        case stands
        case becomes(EventView)
    }

    static func publish(
        _ event: EventView, expectedVersion: Int64, types: [TicketTypeView], now: Instant
    ) throws -> Publication {
        if event.status == .published, event.version - 1 == expectedVersion { return .stands }
        guard event.version == expectedVersion else {
            throw RPCError.versionConflict(current: event.version)
        }
        switch event.status {
        case .draft, .unpublished: break
        case .published: return .stands
        default: throw RPCError.notOnSale(NotOnSale(event.status.word), event.eventId)
        }
        var missing: [Value] = []
        if !types.contains(where: \.isEnabled) { missing.append("ticketTypes") }
        if let end = event.salesEnd, now >= end { missing.append("salesEnd") }
        guard missing.isEmpty else {
            throw RPCError(
                .notPublishable, "the event cannot be sold as it is",
                detail: ["missing": .array(missing)])
        }
        var published = event
        published.status = .published
        published.version += 1
        return .becomes(published)
    }

    /// The ticket type that a request puts, with its defaults.
    static func ticketType(
        _ request: PutTicketTypeRequest, of event: EventView, version: Int64
    ) throws -> TicketTypeView {
        let least = request.minPerOrder ?? 1
        let most = request.maxPerOrder ?? max(maxPerOrder, least)
        var problems = window("salesEnd", after: request.salesStart, request.salesEnd)
        if request.price.currency != event.currency {
            problems.append(FieldProblem(field: "price.currency", problem: "is not the event's"))
        }
        if most < least {
            problems.append(FieldProblem(field: "maxPerOrder", problem: "is less than minPerOrder"))
        }
        if !isPayable(request.price, least, request.taxBasisPoints ?? 0, fee: event.feePerTicket) {
            problems.append(
                FieldProblem(
                    field: "price.amount",
                    problem: "is too high: \(least) with fee and tax cost more than "
                        + Money(PaymentLimits.maxAmount, event.currency).text))
        }
        guard problems.isEmpty else { throw RPCError.invalid(problems) }
        return TicketTypeView(
            ticketTypeId: request.ticketTypeId, eventId: request.eventId, name: request.name,
            description: request.description, price: request.price,
            taxBasisPoints: request.taxBasisPoints ?? 0, allocation: request.allocation,
            isEnabled: request.isEnabled ?? true, minPerOrder: least, maxPerOrder: most,
            perOwnerLimit: request.perOwnerLimit,
            requiredEntitlements: request.requiredEntitlements ?? [],
            salesStart: request.salesStart, salesEnd: request.salesEnd, sort: request.sort ?? 0,
            version: version)
    }

    /// The allocations of an event together fit into its capacity (C-6).
    static func checkAllocations(_ types: [TicketTypeView], capacity: Int64?) throws {
        guard let capacity else { return }
        var sum: Int64 = 0
        for type in types {
            let (next, overflow) = sum.addingReportingOverflow(type.allocation ?? 0)
            sum = overflow ? .max : next
        }
        guard sum <= capacity else {
            throw RPCError(
                .allocationsExceedCapacity, "\(sum) places are allocated, there are \(capacity)",
                detail: ["sum": .integer(sum), "capacity": .integer(capacity)])
        }
    }

    /// A pool is never made smaller than what is promised and sold.
    static func checkCapacity(_ capacity: Int64?, of pool: Pool) throws {
        let committed = pool.held + pool.sold
        guard let capacity, capacity < committed else { return }
        throw RPCError(
            .capacityBelowCommitted, "\(committed) are held or sold",
            detail: [
                "committed": .integer(committed), "shortfall": .integer(committed - capacity),
            ])
    }

    /// Whether the fewest tickets that are sold cost no more than a payment holds.
    private static func isPayable(
        _ price: Money, _ quantity: Int64, _ tax: Int64, fee: Money
    ) -> Bool {
        LinePrice(
            unitPrice: price.amount, quantity: quantity, feePerTicket: fee.amount,
            taxBasisPoints: tax
        )?.total(of: quantity).map { $0 <= PaymentLimits.maxAmount } ?? false
    }

    private static func window(
        _ field: String, after start: Instant?, _ end: Instant?
    ) -> [FieldProblem] {
        guard let start, let end, end <= start else { return [] }
        return [FieldProblem(field: field, problem: "is not after salesStart")]
    }
}
