import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Wire

extension Pool: StoredRow {
    static let table = TableLayout("pool", of: Self.self)

    var key: UUID { id }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Pool>) {
        id = c("pool_id", it) { $0.id }
        kind = c("kind", it) { $0.kind }
        eventId = c("event_id", it) { $0.eventId }
        capacity = c("capacity", it) { $0.capacity }
        held = c("held", it) { $0.held }
        sold = c("sold", it) { $0.sold }
        seq = c("seq", it) { $0.seq }
        nextExpiryAt = c("next_expiry_at", it) { $0.nextExpiryAt }
    }
}

/// One change of a pool as it is stored.
struct AuditRow: StoredRow {
    struct Key: CompoundKey {
        let poolId: UUID
        let seq: Int64

        static func walk<Row>(
            _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
        ) -> Self {
            Self(
                poolId: c("pool_id", it) { get($0).poolId },
                seq: c("seq", it) { get($0).seq })
        }
    }

    let entry: AuditEntry

    static let table = TableLayout("audit", of: Self.self)

    var key: Key { Key(poolId: entry.poolId, seq: entry.seq) }

    init(_ entry: AuditEntry) { self.entry = entry }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        let key = Key.walk(c, it) { $0.key }
        entry = AuditEntry(
            poolId: key.poolId, seq: key.seq, action: c("action", it) { $0.entry.action },
            quantity: c("quantity", it) { $0.entry.quantity },
            previousCapacity: c("previous_capacity", it) { $0.entry.previousCapacity },
            capacity: c("capacity", it) { $0.entry.capacity },
            previousHeld: c("previous_held", it) { $0.entry.previousHeld },
            held: c("held", it) { $0.entry.held },
            previousSold: c("previous_sold", it) { $0.entry.previousSold },
            sold: c("sold", it) { $0.entry.sold }, actor: c("actor", it) { $0.entry.actor },
            reference: c("reference", it) { $0.entry.reference }, at: c("at", it) { $0.entry.at })
    }
}
