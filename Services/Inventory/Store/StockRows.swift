import Contracts
import FoundationEssentials
import Lifecycle
import Storage

extension Pool: StoredRow {
    static let table = TableLayout(
        "pool", key: ["pool_id"],
        columns: [
            "pool_id", "kind", "event_id", "capacity", "held", "sold", "seq", "next_expiry_at",
        ])

    var key: UUID { id }

    func write(to columns: inout ColumnWriter) {
        columns.append(id)
        columns.append(kind.rawValue)
        columns.append(eventId)
        columns.append(capacity)
        columns.append(held)
        columns.append(sold)
        columns.append(seq)
        columns.append(nextExpiryAt)
    }

    init(from columns: inout ColumnReader) throws {
        id = try columns.next()
        kind = PoolKind(try columns.next())
        eventId = try columns.next()
        capacity = try columns.next()
        held = try columns.next()
        sold = try columns.next()
        seq = try columns.next()
        nextExpiryAt = try columns.next()
    }
}

/// One change of a pool as it is stored.
struct AuditRow: StoredRow {
    struct Key: StoredKey {
        let poolId: UUID
        let seq: Int64

        func write(to columns: inout ColumnWriter) {
            columns.append(poolId)
            columns.append(seq)
        }
    }

    let entry: AuditEntry

    static let table = TableLayout(
        "audit", key: ["pool_id", "seq"],
        columns: [
            "pool_id", "seq", "action", "quantity", "previous_capacity", "capacity",
            "previous_held", "held", "previous_sold", "sold", "actor", "reference", "at",
        ])

    var key: Key { Key(poolId: entry.poolId, seq: entry.seq) }

    init(_ entry: AuditEntry) { self.entry = entry }

    func write(to columns: inout ColumnWriter) {
        key.write(to: &columns)
        columns.append(entry.action.rawValue)
        columns.append(entry.quantity)
        columns.append(entry.previousCapacity)
        columns.append(entry.capacity)
        columns.append(entry.previousHeld)
        columns.append(entry.held)
        columns.append(entry.previousSold)
        columns.append(entry.sold)
        columns.append(entry.actor)
        columns.append(entry.reference)
        columns.append(entry.at)
    }

    init(from columns: inout ColumnReader) throws {
        entry = AuditEntry(
            poolId: try columns.next(), seq: try columns.next(),
            action: AuditAction(try columns.next()), quantity: try columns.next(),
            previousCapacity: try columns.next(), capacity: try columns.next(),
            previousHeld: try columns.next(), held: try columns.next(),
            previousSold: try columns.next(), sold: try columns.next(),
            actor: try columns.next(), reference: try columns.next(), at: try columns.next())
    }
}
