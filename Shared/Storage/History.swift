public import FoundationEssentials

/// How far the history of one store has come.
public struct StorePosition: Sendable, Hashable {
    /// The history itself: another id is another one.
    public let feedID: UUID
    /// Rises whenever a process takes the store over.
    public let epoch: Int64
    /// The number of the last batch: rises with every commit.
    public let batch: Int64
}

// A store that was put back from a backup cannot see it by itself: it is sound, only older than
// what it told others. A peer that remembers more says so; the mark that this leaves is durable.
extension Database {
    static let restoredTable = """
        CREATE TABLE IF NOT EXISTS restored (
            id BIGINT NOT NULL PRIMARY KEY, batch BIGINT NOT NULL, seen_batch BIGINT NOT NULL,
            at BIGINT NOT NULL)
        """

    /// True from the moment when a peer knew more than this store, until it is trusted again.
    public var isRestored: Bool { progress.isRestored }

    /// How far this store's history has come.
    public func position() async throws -> StorePosition {
        let found = try await read { reader in
            try reader.query("SELECT feed_id, epoch, batch FROM writer WHERE id = 1") {
                StorePosition(
                    feedID: try $0.next(), epoch: try $0.next(), batch: try $0.next())
            }.first
        }
        guard let found else { throw StorageError(.corrupt, "writer: its row is gone") }
        return found
    }

    /// A peer has seen so much of a store at this address: more than there is marks the store as
    /// restored.
    ///
    /// - Returns: whether the peer knew more.
    public func compare(seen feedID: UUID, batch: Int64) async throws -> Bool {
        let own = try await position()
        guard feedID != own.feedID || batch > own.batch else { return false }
        progress.setRestored(true)
        try await write(essential: true) { command in
            try command.execute(
                """
                INSERT INTO restored (id, batch, seen_batch, at)
                VALUES (1, \(own.batch), \(batch), \(command.now)) ON CONFLICT (id) DO NOTHING
                """)
        }
        return true
    }

    /// Takes the mark away.
    ///
    /// - Returns: whether there was one.
    public func trust() async throws -> Bool {
        let removed = try await write(essential: true) {
            try $0.execute("DELETE FROM restored WHERE id = 1")
        }
        progress.setRestored(false)
        return removed > 0
    }
}
