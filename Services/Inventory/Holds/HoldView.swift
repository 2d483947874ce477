import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Wire

/// What a hold's method answers: the hold, or a decision against it. Both are committed, so a
/// refusal is a value here and an error only at the service's door.
typealias HoldOutcome = Result<HoldReply, RPCError>

/// Where the catalogue is read: in a batch that writes, or beside it.
protocol CatalogueReader {
    func find<Row: StoredRow>(_: Row.Type, _ key: Row.Key) throws -> Row?
}

extension Batch: CatalogueReader {}
extension Reader: CatalogueReader {}

extension HoldReply {
    /// The hold as its owner sees it at a time: one that is over is EXPIRED, swept or not.
    init(_ hold: Hold, at now: Instant, in catalogue: some CatalogueReader) throws {
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
            reclaimed: hold.isReclaimed, reference: hold.reference)
    }
}

/// A refusal kept in its hold's row, for the replay.
enum StoredRefusal {
    static func bytes(of refusal: RPCError) -> [UInt8] {
        var writer = CBORWriter()
        let detail = refusal.detail.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        writer.value([
            "code": .text(refusal.code.name), "reason": .text(refusal.reason.name),
            "message": .text(refusal.message), "detail": .map(detail),
        ])
        return writer.bytes
    }

    static func refusal(in bytes: [UInt8]) throws -> RPCError {
        var reader = CBORReader(bytes)
        guard let value = try? reader.readValue(), case .text(let code) = value["code"],
            case .text(let reason) = value["reason"],
            case .text(let message) = value["message"], case .map(let detail) = value["detail"]
        else { throw StorageError(.corrupt, "hold: refusal has another shape") }
        return RPCError(
            Reason(received: reason, Code(code)), message,
            detail: Dictionary(detail.map { ($0.0, $0.1) }) { $1 })
    }
}
