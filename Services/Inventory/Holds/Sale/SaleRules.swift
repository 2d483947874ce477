import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Text
import Wire

/// Who asks for tickets.
struct Buyer: Sendable {
    /// What the actor is entitled to, as the gateway vouches.
    let entitlements: [String]
    /// Who called, for the audit.
    let caller: String
    /// A buyer speaks, who is told nothing of what is another's.
    let isBound: Bool
    let isStaff: Bool

    init(_ call: CallContext) {
        entitlements = call.actor?.entitlements ?? []
        caller = call.caller
        isBound = call.buyer != nil
        isStaff = call.isStaff
    }
}

/// Whether the catalogue allows a Reserve, and at what price. Stock comes after that.
enum SaleRules {
    /// What a request contradicts in itself, whatever the catalogue says.
    static func check(_ request: ReserveRequest) throws {
        guard !request.lines.isEmpty else { throw RPCError.invalid("lines", "is empty") }
        guard request.replaces != request.holdId else {
            throw RPCError.invalid("replaces", "names the new hold itself")
        }
        try checkDistinct(request.lines)
    }

    static func checkDistinct(_ lines: [HoldLine]) throws {
        for (index, line) in lines.enumerated() {
            if lines[..<index].contains(where: { $0.ticketTypeId == line.ticketTypeId }) {
                throw RPCError.invalid(
                    "lines[\(index)].ticketTypeId", "stands in an earlier line already")
            }
        }
    }

    /// The first reason against the sale; nil when there is none.
    static func refusal(
        _ request: ReserveRequest, of event: EventView, types: [TicketTypeView?], to buyer: Buyer,
        at now: Instant
    ) -> RPCError? {
        if let why = notOnSale(event, at: now) { return .notOnSale(why, event.eventId) }
        if let refusal = Bounds.refusal(ofTickets: request.lines, in: "lines") { return refusal }
        if let ttlMs = request.ttlMs, ttlMs > event.holdTtlMs {
            return .invalid(
                "ttlMs", "is at most \(event.holdTtlMs), the event's holdTtlMs: it only shortens")
        }
        for (line, type) in zip(request.lines, types) {
            guard let type, type.eventId == event.eventId else {
                return .unknown(.ticketType, line.ticketTypeId)
            }
            if let refusal = refusal(line, of: type, to: buyer, at: now) { return refusal }
        }
        return nil
    }

    /// The first reason against another selection; nil when there is none. What is given back, or
    /// stays, needs no sale.
    static func refusal(
        _ lines: [HoldLine], for hold: Hold, of event: EventView, types: [TicketTypeView?],
        to buyer: Buyer, at now: Instant
    ) -> RPCError? {
        if lines.contains(where: { $0.quantity > hold.quantity(of: $0.ticketTypeId) }) {
            if let why = notOnSale(event, at: now) { return .notOnSale(why, event.eventId) }
        }
        if let refusal = Bounds.refusal(ofTickets: lines, in: "lines") { return refusal }
        for (line, type) in zip(lines, types) {
            guard let type, type.eventId == event.eventId else {
                return .unknown(.ticketType, line.ticketTypeId)
            }
            let has = hold.quantity(of: line.ticketTypeId)
            let refusal =
                line.quantity > has
                ? refusal(line, of: type, to: buyer, at: now)
                : line.quantity < has ? outOfRange(line, of: type) : nil
            if let refusal { return refusal }
        }
        return nil
    }

    private static func outOfRange(_ line: HoldLine, of type: TicketTypeView) -> RPCError? {
        let (least, most) = (type.minPerOrder, type.maxPerOrder)
        guard line.quantity < least || line.quantity > most else { return nil }
        return RPCError(
            .quantityOutOfRange, "\(least) to \(most) of \(type.name.quoted) in one order",
            detail: [
                "id": .id(type.ticketTypeId), "min": .integer(least), "max": .integer(most),
            ])
    }

    private static func refusal(
        _ line: HoldLine, of type: TicketTypeView, to buyer: Buyer, at now: Instant
    ) -> RPCError? {
        let id = type.ticketTypeId
        switch notOnSale(type, at: now) {
        case nil: break
        case NotOnSale.disabled?:
            return RPCError(
                .ticketTypeDisabled, "\(type.name.quoted) is not sold", detail: ["id": .id(id)])
        case let why?: return .notOnSale(why, id)
        }
        if let refusal = outOfRange(line, of: type) { return refusal }
        let missing = type.requiredEntitlements.filter { !buyer.entitlements.contains(same: $0) }
        guard missing.isEmpty else {
            return RPCError(
                .entitlementRequired, "\(type.name.quoted) is sold to entitled buyers only",
                detail: ["id": .id(id), "names": .array(missing.map { .text($0) })])
        }
        return nil
    }

    /// Why nothing of an event can be bought; nil when it can.
    static func notOnSale(_ event: EventView, at now: Instant) -> NotOnSale? {
        guard event.status == .published else { return NotOnSale(event.status.word) }
        return window(event.salesStart, event.salesEnd, at: now)
    }

    /// Why a ticket type cannot be bought, whatever its event allows.
    static func notOnSale(_ type: TicketTypeView, at now: Instant) -> NotOnSale? {
        type.isEnabled ? window(type.salesStart, type.salesEnd, at: now) : .disabled
    }

    private static func window(_ start: Instant?, _ end: Instant?, at now: Instant) -> NotOnSale? {
        if let start, now < start { return .before }
        if let end, now >= end { return .after }
        return nil
    }

    /// The lines with what they cost from now on; nil when that is more than one payment holds.
    ///
    /// - Parameter before: lines that were promised: one that does not grow keeps its price, and
    ///   counts against a limit as it did.
    static func price(
        _ lines: [HoldLine], types: [TicketTypeView?], fee: Money, keeping before: [HeldLine] = []
    ) -> [HeldLine]? {
        var priced: [HeldLine] = []
        var total: Int64 = 0
        priced.reserveCapacity(lines.count)
        for (line, type) in zip(lines, types) {
            let kept = before.first {
                $0.ticketTypeId == line.ticketTypeId && $0.quantity >= line.quantity
            }
            guard let type,
                let price = kept?.price(of: line.quantity, taxedAt: type.taxBasisPoints)
                    ?? LinePrice(
                        unitPrice: type.price.amount, quantity: line.quantity,
                        feePerTicket: fee.amount, taxBasisPoints: type.taxBasisPoints),
                let cost = price.total(of: line.quantity),
                // Both are at most what one payment holds, so that the sum fits.
                cost <= PaymentLimits.maxAmount - total
            else { return nil }
            total += cost
            priced.append(
                HeldLine(
                    ticketTypeId: line.ticketTypeId, quantity: line.quantity, price: price,
                    isOwnerLimited: kept?.isOwnerLimited ?? (type.perOwnerLimit != nil)))
        }
        return priced
    }

    /// The hold that a request asks for, if it is granted now.
    static func hold(
        _ request: ReserveRequest, lines: [HeldLine], of event: EventView, at now: Instant
    ) -> Hold {
        let latest = now.advanced(byMs: event.maxHoldMs)
        let asked = now.advanced(byMs: request.ttlMs ?? event.holdTtlMs)
        return Hold(
            id: request.holdId, state: request.fence == nil ? .active : .committing,
            eventId: request.eventId, owner: request.owner, purpose: request.purpose ?? .checkout,
            lines: lines, createdAt: now, ttlMs: request.ttlMs, expiresAt: min(asked, latest),
            maxExpiresAt: latest, isBornFenced: request.fence != nil,
            orderId: request.fence?.orderId, epoch: request.fence?.epoch,
            committingSince: request.fence == nil ? nil : now, replaces: request.replaces,
            reference: request.reference, refusal: nil)
    }

    /// The record of a refused request, under which the refusal is found again.
    static func refused(_ request: ReserveRequest, as refusal: [UInt8], at now: Instant) -> Hold {
        Hold(
            id: request.holdId, state: .refused, eventId: request.eventId, owner: request.owner,
            purpose: request.purpose ?? .checkout,
            lines: request.lines.map {
                HeldLine(
                    ticketTypeId: $0.ticketTypeId, quantity: $0.quantity,
                    price: LinePrice(unitPrice: 0, fee: 0, tax: 0), isOwnerLimited: false)
            },
            createdAt: now, ttlMs: request.ttlMs, expiresAt: nil, maxExpiresAt: nil,
            isBornFenced: request.fence != nil, orderId: request.fence?.orderId,
            epoch: request.fence?.epoch, replaces: request.replaces,
            reference: request.reference, refusal: refusal)
    }

    /// The request that made a hold, as one that comes again must say it. The order of lines says
    /// nothing, nor does a later epoch; an earlier release asked without a reference, and may have
    /// to be asked again by this one.
    static func request(of hold: Hold, asked request: ReserveRequest) -> ReserveRequest {
        let isSameFence =
            (request.fence != nil) == hold.isBornFenced
            && (request.fence.map { $0.orderId == hold.orderId } ?? true)
        let other = request.fence == nil ? Fence(orderId: hold.orderId ?? hold.id, epoch: 0) : nil
        let isReferred = request.reference != nil && hold.reference != nil
        let isSamePurpose = request.purpose ?? .checkout == hold.purpose
        return ReserveRequest(
            holdId: hold.id, eventId: hold.eventId ?? hold.id, owner: hold.owner ?? "",
            lines: areSame(request.lines, hold.lines)
                ? request.lines
                : hold.lines.map {
                    HoldLine(ticketTypeId: $0.ticketTypeId, quantity: $0.quantity)
                },
            ttlMs: hold.ttlMs, purpose: isSamePurpose ? request.purpose : hold.purpose,
            fence: isSameFence ? request.fence : other, replaces: hold.replaces,
            reference: isReferred ? hold.reference : request.reference)
    }

    /// Whether the lines ask for the same, in whatever order.
    private static func areSame(_ asked: [HoldLine], _ held: [HeldLine]) -> Bool {
        asked.count == held.count
            && asked.allSatisfy { line in
                held.contains {
                    $0.ticketTypeId == line.ticketTypeId && $0.quantity == line.quantity
                }
            }
    }
}
