import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Text
import Wire

extension Hold: StoredRow {
    static let table = TableLayout("hold", of: Self.self)

    var key: UUID { id }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Hold>) {
        id = c("hold_id", it) { $0.id }
        state = c("state", it) { $0.state }
        eventId = c("event_id", it) { $0.eventId }
        owner = c("owner", it) { $0.owner }
        purpose = c("purpose", it) { $0.purpose }
        lines = c("lines", it, as: HeldLine.Packed.self) { $0.lines }
        createdAt = c("created_at", it) { $0.createdAt }
        ttlMs = c("ttl_ms", it) { $0.ttlMs }
        expiresAt = c("expires_at", it) { $0.expiresAt }
        maxExpiresAt = c("max_expires_at", it) { $0.maxExpiresAt }
        extensions = c("extensions", it) { $0.extensions }
        isBornFenced = c("is_born_fenced", it) { $0.isBornFenced }
        orderId = c("order_id", it) { $0.orderId }
        epoch = c("epoch", it) { $0.epoch }
        committingSince = c("committing_since", it) { $0.committingSince }
        isReclaimed = c("is_reclaimed", it) { $0.isReclaimed }
        replaces = c("replaces", it) { $0.replaces }
        refusal = c("refusal", it) { $0.refusal }
        let kind = c("reference_kind", it) { $0.reference?.kind }
        let id = c("reference", it) { $0.reference?.id }
        reference = kind.flatMap { kind in id.map { HoldReference(kind: kind, id: $0) } }
        extendedMs = c("extended_ms", it) { $0.extendedMs }
        revision = c("revision", it) { $0.revision }
    }
}

/// Lines live in their hold's row, as CBOR: they are written once and read whole with it.
extension HeldLine {
    enum Packed: ColumnForm {
        static var nothing: [HeldLine] { [] }

        static func cell(of lines: [HeldLine]) -> [UInt8] {
            var writer = CBORWriter(reserving: 1 + lines.count * 40)
            writer.arrayHeader(lines.count)
            for line in lines {
                writer.arrayHeader(6)
                writer.id(line.ticketTypeId)
                writer.integer(line.quantity)
                writer.integer(line.price.unitPrice)
                writer.integer(line.price.fee)
                writer.integer(line.price.tax)
                writer.bool(line.isOwnerLimited)
            }
            return writer.bytes
        }

        static func value(in bytes: [UInt8]) throws -> [HeldLine] {
            do {
                var reader = CBORReader(bytes)
                let lines = try reader.readRecords(in: try reader.readArrayHeader(), of: 6) {
                    try line(from: &$0)
                }
                try reader.finish()
                return lines
            } catch let error as CBORError {
                throw StorageError(.corrupt, "hold: lines: \(error)")
            }
        }
    }

    private static func line(from reader: inout CBORReader) throws -> HeldLine {
        let line = HeldLine(
            ticketTypeId: try reader.readID(), quantity: try reader.readInteger(),
            price: LinePrice(
                unitPrice: try reader.readInteger(), fee: try reader.readInteger(),
                tax: try reader.readInteger()),
            isOwnerLimited: try reader.readBool())
        guard Bounds.ticketsPerLine.contains(line.quantity) else {
            throw StorageError(.corrupt, "hold: a line of \(line.quantity) tickets")
        }
        return line
    }
}

/// The newest hold for a checkout of an owner, where an event cares about how many are open.
struct OwnerHoldRow: StoredRow {
    struct Key: CompoundKey {
        let eventId: UUID
        let owner: ByteText

        static func walk<Row>(
            _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
        ) -> Self {
            Self(
                eventId: c("event_id", it) { get($0).eventId },
                owner: c("owner", it) { get($0).owner })
        }
    }

    let key: Key
    let holdId: UUID

    static let table = TableLayout("owner_hold", of: Self.self)

    init(_ key: Key, _ holdId: UUID) {
        self.key = key
        self.holdId = holdId
    }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        key = Key.walk(c, it) { $0.key }
        holdId = c("hold_id", it) { $0.holdId }
    }
}

/// What a hold took out of one pool: written with the hold and changed only when that is resized,
/// so that sums over it can audit what the pools count.
struct HoldPoolRow: StoredRow {
    struct Key: CompoundKey {
        let holdId: UUID
        let poolId: UUID

        static func walk<Row>(
            _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
        ) -> Self {
            Self(
                holdId: c("hold_id", it) { get($0).holdId },
                poolId: c("pool_id", it) { get($0).poolId })
        }
    }

    let key: Key
    let quantity: Int64

    static let table = TableLayout("hold_pool", of: Self.self)

    init(_ hold: Hold, _ share: PoolShare) {
        key = Key(holdId: hold.id, poolId: share.poolId)
        quantity = share.quantity
    }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        key = Key.walk(c, it) { $0.key }
        quantity = c("quantity", it) { $0.quantity }
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
