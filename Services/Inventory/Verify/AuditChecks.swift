import Contracts
import FoundationEssentials
import Lifecycle
import Storage

/// The audit of all pools, read one after the other from the first entry to the last.
///
/// C-3: every entry begins where the one before ended, and the first from nothing. C-4: over its
/// whole life a hold adds to `held` exactly what it takes now: all of it while it is open, nothing
/// once it has ended.
struct AuditChecks {
    private struct Part: Hashable {
        let pool: UUID
        let hold: UUID
    }

    private struct Stand: Equatable {
        let capacity: Int64?
        let held: Int64
        let sold: Int64
    }

    /// What open holds take.
    private var expected: [Part: Int128] = [:]
    /// What holds added to `held` in the entries so far; a hold that has ended is not in it.
    private var moved = OpenSums<Part>()
    private var before: (pool: UUID, seq: Int64, stand: Stand)?
    private var broken: [Violation] = []

    mutating func expect(pool: UUID, hold: UUID, quantity: Int64) {
        expected[Part(pool: pool, hold: hold), default: 0] += Int128(quantity)
    }

    /// The next entry: of the same pool as the last, or the first of another.
    mutating func read(_ row: inout ColumnReader) throws {
        let (pool, seq): (UUID, Int64) = (try row.next(), try row.next())
        let (oldCapacity, capacity): (Int64?, Int64?) = (try row.next(), try row.next())
        let (oldHeld, held): (Int64, Int64) = (try row.next(), try row.next())
        let (oldSold, sold): (Int64, Int64) = (try row.next(), try row.next())
        let start = Stand(capacity: oldCapacity, held: oldHeld, sold: oldSold)
        let follows = before.map {
            $0.pool == pool && $0.seq == seq - 1 && $0.stand == start
        }
        let isFirst = seq == 1 && oldHeld == 0 && oldSold == 0
        if follows != true, !isFirst, broken.count < InventoryChecks.limit {
            broken.append(
                Violation(
                    invariant: "C-3", subject: pool.text,
                    expected: "the entry before: \(seq - 1)", actual: "\(seq)"))
        }
        before = (pool, seq, Stand(capacity: capacity, held: held, sold: sold))
        if held != oldHeld {
            let part = Part(pool: pool, hold: try row.next())
            moved.add(held, to: part)
            moved.add(oldHeld, to: part, times: -1)
        }
    }

    var violations: [Violation] {
        let parts = Set(expected.keys).union(moved.sums.keys)
        let wrong = parts.filter { expected[$0] ?? 0 != moved.sums[$0] ?? 0 }
        let held = wrong.sorted { ($0.hold, $0.pool) < ($1.hold, $1.pool) }.map { part in
            Violation(
                invariant: "C-4", subject: part.hold.text,
                expected: "held by one hold: \(expected[part] ?? 0)",
                actual: "\(moved.sums[part] ?? 0)")
        }
        return broken + held.prefix(Int(InventoryChecks.limit))
    }
}
