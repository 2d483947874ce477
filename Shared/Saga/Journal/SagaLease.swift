internal import Lifecycle
public import Storage
internal import Wire

/// The right to drive sagas: this process's own epoch, which every call carries, and those of dead
/// processes that it has taken over. A saga belongs to whoever holds the epoch that its row bears,
/// so that a process is taken over by one row, however many sagas it leaves.
public struct SagaLease: Sendable, Hashable {
    public let epoch: Int64
    /// This process's own, and those of dead processes.
    public let epochs: Set<Int64>

    public init(epoch: Int64, epochs: Set<Int64>) {
        self.epoch = epoch
        self.epochs = epochs
    }

    /// A process that has not renewed its lease for so long is dead to the others.
    public static let lastsMs: Int64 = 10_000
    /// The process itself stops a little earlier, by its own clock, so that two never drive a saga.
    static let trustedMs: Int64 = 8_000
    static let renewedEveryMs: Int64 = 3_000
}

extension SagaTables {
    /// For a migration of the service: every epoch, and who drives the sagas that bear it. Epochs
    /// from before are nobody's, and inherited by the first who looks.
    public static func leases(of table: String) -> String {
        """
        CREATE TABLE saga_lease (
            epoch BIGINT NOT NULL PRIMARY KEY, owner BIGINT NOT NULL, renewed_at BIGINT NOT NULL);
        CREATE INDEX saga_lease_owner ON saga_lease (owner);
        INSERT INTO saga_lease (epoch, owner, renewed_at)
            SELECT DISTINCT epoch, epoch, 0 FROM \(table);
        """
    }

    /// For a later migration: whose sagas an epoch drives. Those from before are of the first kind.
    public static func kinds(first kind: SagaKind) -> String {
        "ALTER TABLE saga_lease ADD COLUMN kind TEXT NOT NULL DEFAULT '\(kind.name)';"
    }

    /// Renews the lease of a process for a kind of saga, and has it inherit from those that are
    /// gone: all others when it is alone. It gets another epoch then, above all there are and the
    /// one `seen` at a peer, and also when it was itself taken for dead; `held` is nil for its
    /// first one.
    public static func lease(
        _ held: Int64?, of kind: SagaKind, above seen: Int64, isAlone: Bool, _ batch: Batch
    ) throws -> SagaLease {
        let holders = try holders(of: kind, batch)
        let mine = holders.first { $0.epoch == held }
        let gone = holders.filter { $0.epoch != held && (isAlone || $0.isOver(batch.now)) }
        guard let mine, gone.isEmpty, seen <= mine.epoch else {
            let epoch = try raiseEpoch(above: seen, batch)
            for before in gone + (mine.map { [$0] } ?? []) {
                try batch.execute(
                    """
                    UPDATE saga_lease SET owner = \(epoch)
                    WHERE owner = \(before.epoch) AND kind = \(kind.name)
                    """)
            }
            try batch.insert(
                SagaLeaseRow(epoch: epoch, owner: epoch, renewedAt: batch.now, kind: kind.name))
            return try stored(epoch, batch)
        }
        try batch.update(
            SagaLeaseRow(
                epoch: mine.epoch, owner: mine.owner, renewedAt: batch.now, kind: kind.name))
        return try stored(mine.epoch, batch)
    }

    /// The leases of processes that drive sagas of a kind. A process of a release that knows one
    /// kind alone inherits leases of every kind: those of this kind are nobody's once it is gone.
    private static func holders(of kind: SagaKind, _ batch: Batch) throws -> [SagaLeaseRow] {
        try batch.select(
            SagaLeaseRow.self,
            where: """
                (kind = \(kind.name) AND owner = epoch) OR epoch IN (
                    SELECT owner FROM saga_lease WHERE kind = \(kind.name) AND owner <> epoch
                        AND owner NOT IN (
                            SELECT epoch FROM saga_lease WHERE kind = \(kind.name)))
                ORDER BY epoch
                """)
    }

    private static func stored(_ epoch: Int64, _ batch: Batch) throws -> SagaLease {
        let rows = try batch.select(SagaLeaseRow.self, where: "owner = \(epoch) ORDER BY epoch")
        return SagaLease(epoch: epoch, epochs: Set(rows.map(\.epoch)))
    }
}

struct SagaLeaseRow: StoredRow, Hashable {
    static let table = TableLayout("saga_lease", of: Self.self)

    let epoch: Int64
    let owner: Int64
    let renewedAt: Instant
    let kind: String

    var key: Int64 { epoch }

    func isOver(_ now: Instant) -> Bool {
        let passedMs = renewedAt.millisecondsUntil(now)
        // One of the future is of a clock that was wrong, and set right since.
        return passedMs > SagaLease.lastsMs || passedMs < -SagaLease.lastsMs
    }

    init(epoch: Int64, owner: Int64, renewedAt: Instant, kind: String) {
        self.epoch = epoch
        self.owner = owner
        self.renewedAt = renewedAt
        self.kind = kind
    }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        epoch = c("epoch", it) { $0.epoch }
        owner = c("owner", it) { $0.owner }
        renewedAt = c("renewed_at", it) { $0.renewedAt }
        kind = c("kind", it) { $0.kind }
    }
}
