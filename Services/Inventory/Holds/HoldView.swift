import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage

/// What a hold's method answers: the hold, or a decision against it. Both are committed, so a
/// refusal is a value here and an error only at the service's door.
typealias HoldOutcome = Result<HoldReply, RPCError>

extension HoldReply {
    /// The hold as its owner sees it at a time: one that is over is EXPIRED, swept or not.
    init(_ hold: Hold, at now: Instant, in catalogue: some RowReader) throws {
        let event = try hold.eventId.flatMap { try catalogue.find(EventRow.self, $0)?.event }
        let currency = event?.currency ?? .notApplicable
        let state = hold.isOverdue(at: now) ? HoldState.expired : hold.state
        // Who was refused is told no more of what they asked for than the refusal says.
        let asked = hold.state == .refused ? [] : hold.lines
        let lines = try asked.map { line in
            PricedLine(
                ticketTypeId: line.ticketTypeId,
                name: try catalogue.find(TicketTypeRow.self, line.ticketTypeId)?.type.name ?? "?",
                quantity: line.quantity, unitPrice: Money(line.price.unitPrice, currency),
                fee: Money(line.price.fee, currency), tax: Money(line.price.tax, currency))
        }
        self.init(
            holdId: hold.id, state: state, eventId: hold.eventId, owner: hold.owner,
            purpose: hold.purpose, lines: lines, createdAt: hold.createdAt,
            expiresAt: hold.expiresAt,
            expiresInMs: state == .active ? hold.expiresAt.map { now.millisecondsUntil($0) } : nil,
            maxExpiresAt: hold.maxExpiresAt, extensions: hold.extensions, orderId: hold.orderId,
            reclaimed: hold.isReclaimed, reference: hold.reference, revision: hold.revision)
    }
}
