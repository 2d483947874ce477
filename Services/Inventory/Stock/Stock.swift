import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage

/// The pools that a command touches. Moves are staged here and written by `save`; a copy may be
/// moved for a trial. Every move of an event's or ticket type's pool leaves an audit entry.
struct Stock {
    private let batch: Batch
    private let actor: String
    private var pools: [StagedPool] = []
    private var entries: [AuditEntry] = []

    private struct StagedPool {
        var pool: Pool
        var isNew: Bool
        var isChanged: Bool
    }

    init(_ batch: Batch, actor: String) {
        self.batch = batch
        self.actor = actor
    }

    /// The pool with the moves that are staged so far.
    mutating func pool(_ id: UUID) throws -> Pool? {
        if let index = index(of: id) { return pools[index].pool }
        guard let pool = try batch.find(Pool.self, id) else { return nil }
        pools.append(StagedPool(pool: pool, isNew: false, isChanged: false))
        return pool
    }

    /// Makes a pool. One that is audited begins with what its capacity is raised to.
    mutating func make(_ pool: Pool, for reference: UUID) {
        pools.append(StagedPool(pool: pool, isNew: true, isChanged: false))
        guard pool.kind != .owner else { return }
        var empty = pool
        empty.capacity = 0
        record(.increase, quantity: pool.capacity ?? 0, from: empty, at: pools.count - 1, reference)
    }

    /// Moves everything that a hold takes.
    ///
    /// - Throws: `corrupt` when a pool is missing or its numbers contradict the hold.
    mutating func move(_ move: StockMove, _ hold: Hold) throws {
        try self.move(move, hold.shares, of: hold)
    }

    mutating func move(_ move: StockMove, _ shares: [PoolShare], of hold: Hold) throws {
        for share in shares {
            guard let before = try pool(share.poolId), let index = index(of: share.poolId) else {
                throw StorageError(.corrupt, "hold \(hold.id): pool \(share.poolId) is missing")
            }
            pools[index].pool = try before.after(move, share.quantity)
            pools[index].isChanged = true
            if before.kind != .owner {
                let quantity = Int64(clamping: share.quantity.magnitude)
                record(move.action, quantity: quantity, from: before, at: index, hold.id)
            }
        }
    }

    /// The first pool that has too little for a hold, ticket types before the event; nil when
    /// everything fits. Owners' pools have a reason of their own.
    ///
    /// - Parameter own: what the hold has of each pool already.
    mutating func shortage(
        for hold: Hold, beside own: [PoolShare] = [], at now: Instant
    ) throws -> RPCError? {
        for share in hold.shares where share.kind != .owner {
            guard let pool = try pool(share.poolId) else {
                throw StorageError(.corrupt, "pool \(share.poolId) is missing")
            }
            let has = own.first { $0.poolId == share.poolId }?.quantity ?? 0
            guard !pool.hasRoom(for: share.quantity - has) else { continue }
            let next = try hold.eventId.flatMap { try self.pool($0)?.nextExpiryAt }
            return .insufficient(
                pool.kind, pool.id, requested: share.quantity,
                available: (pool.available ?? 0) + has,
                nextReleaseInMs: next.map { max(0, now.millisecondsUntil($0)) })
        }
        return nil
    }

    /// Remembers on its event's pool that an ACTIVE hold ends at a time, so that nobody looks for
    /// expired holds where there cannot be one.
    mutating func note(expiryOf hold: Hold) throws {
        guard hold.state == .active, let eventId = hold.eventId, let expiresAt = hold.expiresAt,
            let pool = try pool(eventId)
        else { return }
        if let next = pool.nextExpiryAt, next <= expiresAt { return }
        try set(nextExpiry: expiresAt, of: eventId)
    }

    mutating func set(nextExpiry: Instant?, of eventId: UUID) throws {
        guard try pool(eventId) != nil, let index = index(of: eventId) else { return }
        pools[index].isChanged =
            pools[index].isChanged || pools[index].pool.nextExpiryAt != nextExpiry
        pools[index].pool.nextExpiryAt = nextExpiry
    }

    /// Gives a pool another capacity; where it is the same already, nothing happens.
    mutating func set(capacity: Int64?, of id: UUID, for reference: UUID) throws {
        guard let before = try pool(id), let index = index(of: id), before.capacity != capacity
        else { return }
        pools[index].pool.capacity = capacity
        pools[index].isChanged = true
        guard before.kind != .owner else { return }
        let (old, new) = (before.capacity ?? .max, capacity ?? .max)
        let change = before.capacity == nil || capacity == nil ? 0 : abs(new - old)
        record(
            new > old ? .increase : .decrease, quantity: change, from: before, at: index, reference)
    }

    /// Says in the audit of a pool who did what to its event or ticket type, though no number
    /// changes by it.
    mutating func note(_ action: AuditAction, of id: UUID) throws {
        guard let pool = try pool(id), let index = index(of: id) else {
            throw StorageError(.corrupt, "pool \(id) is missing")
        }
        pools[index].isChanged = true
        record(action, quantity: 0, from: pool, at: index, id)
    }

    func save() throws {
        for staged in pools {
            batch.touch(staged.pool.eventId)
            if staged.isNew {
                try batch.insert(staged.pool)
            } else if staged.isChanged {
                try batch.update(staged.pool)
            }
        }
        for entry in entries { try batch.insert(AuditRow(entry)) }
    }

    private func index(of id: UUID) -> Int? { pools.firstIndex { $0.pool.id == id } }

    private mutating func record(
        _ action: AuditAction, quantity: Int64, from before: Pool, at index: Int, _ reference: UUID
    ) {
        pools[index].pool.seq += 1
        let pool = pools[index].pool
        entries.append(
            AuditEntry(
                poolId: pool.id, seq: pool.seq, action: action, quantity: quantity,
                previousCapacity: before.capacity, capacity: pool.capacity,
                previousHeld: before.held, held: pool.held, previousSold: before.sold,
                sold: pool.sold, actor: actor, reference: reference, at: batch.now))
    }
}
