import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Text
import Wire

extension Hold: StoredRow {
    static let table = TableLayout(
        "hold", key: ["hold_id"],
        columns: [
            "hold_id", "state", "event_id", "owner", "purpose", "lines", "created_at", "ttl_ms",
            "expires_at", "max_expires_at", "extensions", "is_born_fenced", "order_id", "epoch",
            "committing_since", "is_reclaimed", "replaces", "refusal", "reference_kind",
            "reference", "extended_ms",
        ])

    var key: UUID { id }

    func write(to columns: inout ColumnWriter) {
        columns.append(id)
        columns.append(state.rawValue)
        columns.append(eventId)
        columns.append(owner)
        columns.append(purpose?.rawValue)
        columns.append(HeldLine.blob(of: lines))
        columns.append(createdAt)
        columns.append(ttlMs)
        columns.append(expiresAt)
        columns.append(maxExpiresAt)
        columns.append(extensions)
        columns.append(isBornFenced)
        columns.append(orderId)
        columns.append(epoch)
        columns.append(committingSince)
        columns.append(isReclaimed)
        columns.append(replaces)
        columns.append(refusal)
        columns.append(reference?.kind.rawValue)
        columns.append(reference?.id)
        columns.append(extendedMs)
    }

    init(from columns: inout ColumnReader) throws {
        id = try columns.next()
        state = HoldState(try columns.next())
        eventId = try columns.next()
        owner = try columns.next()
        purpose = try columns.next(String?.self).map { HoldPurpose($0) }
        lines = try HeldLine.lines(in: columns.next())
        createdAt = try columns.next()
        ttlMs = try columns.next()
        expiresAt = try columns.next()
        maxExpiresAt = try columns.next()
        extensions = try columns.next()
        isBornFenced = try columns.next()
        orderId = try columns.next()
        epoch = try columns.next()
        committingSince = try columns.next()
        isReclaimed = try columns.next()
        replaces = try columns.next()
        refusal = try columns.next()
        let kind = try columns.next(String?.self).map { HoldReferenceKind($0) }
        let id = try columns.next(UUID?.self)
        reference = kind.flatMap { kind in id.map { HoldReference(kind: kind, id: $0) } }
        extendedMs = try columns.next()
    }
}

/// Lines live in their hold's row, as CBOR: they are written once and read whole with it.
extension HeldLine {
    static func blob(of lines: [HeldLine]) -> [UInt8] {
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

    static func lines(in blob: [UInt8]) throws -> [HeldLine] {
        do {
            var reader = CBORReader(blob)
            var lines: [HeldLine] = []
            for _ in 0..<(try reader.readArrayHeader()) { lines.append(try line(from: &reader)) }
            try reader.finish()
            return lines
        } catch let error as CBORError {
            throw StorageError(.corrupt, "hold: lines: \(error)")
        }
    }

    private static func line(from reader: inout CBORReader) throws -> HeldLine {
        guard try reader.readArrayHeader() == 6 else {
            throw StorageError(.corrupt, "hold: a line has not 6 parts")
        }
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
    struct Key: StoredKey {
        let eventId: UUID
        let owner: ByteText

        func write(to columns: inout ColumnWriter) {
            columns.append(eventId)
            columns.append(owner)
        }
    }

    let key: Key
    let holdId: UUID

    static let table = TableLayout(
        "owner_hold", key: ["event_id", "owner"], columns: ["event_id", "owner", "hold_id"])

    init(_ key: Key, _ holdId: UUID) {
        self.key = key
        self.holdId = holdId
    }

    func write(to columns: inout ColumnWriter) {
        key.write(to: &columns)
        columns.append(holdId)
    }

    init(from columns: inout ColumnReader) throws {
        key = Key(eventId: try columns.next(), owner: try columns.next())
        holdId = try columns.next()
    }
}

/// What a hold took out of one pool: written with the hold and never changed, so that sums over
/// it can audit what the pools count.
struct HoldPoolRow: StoredRow {
    struct Key: StoredKey {
        let holdId: UUID
        let poolId: UUID

        func write(to columns: inout ColumnWriter) {
            columns.append(holdId)
            columns.append(poolId)
        }
    }

    let key: Key
    let quantity: Int64

    static let table = TableLayout(
        "hold_pool", key: ["hold_id", "pool_id"], columns: ["hold_id", "pool_id", "quantity"])

    init(_ hold: Hold, _ share: PoolShare) {
        key = Key(holdId: hold.id, poolId: share.poolId)
        quantity = share.quantity
    }

    func write(to columns: inout ColumnWriter) {
        key.write(to: &columns)
        columns.append(quantity)
    }

    init(from columns: inout ColumnReader) throws {
        key = Key(holdId: try columns.next(), poolId: try columns.next())
        quantity = try columns.next()
    }
}
