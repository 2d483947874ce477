import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Text
import Wire

/// Remembers how far the stores of Inventory and Payments had come, and tells them: a store that
/// was put back from a backup is noticed by those who saw more of it. The memory is durable, since
/// after a fire all three may start anew.
struct PeerHistoryJob: Service {
    /// What a backup may have lost unnoticed is what happened after the last look.
    private static let everyMs: Int64 = 2_000

    let world: World
    let database: Database
    let sagas: OrdersService.Peers
    let readers: OrdersService.Peers

    let name = "peer-histories"

    func run() async throws {
        var unread = ["inventory", "payments"]
        // One that comes back is told before it can sell much.
        readers.inventory.whenConnected { world.scheduler.spawn { await lookAtInventory() } }
        repeat {
            // Again until it can be read: the database's trouble must not end the process.
            for peer in unread where await remind(of: peer) { unread.removeAll { $0 == peer } }
            await lookAtInventory()
            await look("payments", readers.payments, PaymentsAPI.compareHistory)
        } while (try? await world.scheduler.sleep(ms: Self.everyMs)) != nil
    }

    /// Tells the callers what was seen before this process; false when that could not be read.
    private func remind(of peer: String) async -> Bool {
        do {
            guard let seen = try await seen(peer) else { return true }
            let mark = StoreMark(feedID: seen.feedID.text, epoch: seen.epoch, head: 0)
            for caller in peer == "inventory"
                ? [sagas.inventory, readers.inventory] : [sagas.payments, readers.payments]
            {
                caller.expect(mark)
            }
            return true
        } catch {
            world.log.warning("peer_history_unread", ["peer": peer, "error": "\(error)"])
            return false
        }
    }

    private func lookAtInventory() async {
        await look("inventory", readers.inventory, InventoryAPI.compareHistory)
    }

    private func look(
        _ peer: String, _ caller: any Caller, _ compare: Method<HistoryRequest, HistoryReply>
    ) async {
        do {
            let seen = try await seen(peer)
            let reply = try await caller.call(
                compare, HistoryRequest(feedId: seen?.feedID, batch: seen?.batch ?? 0),
                CallOptions(timeoutMs: 5_000, attempts: 1))
            if let seen, reply.feedId != seen.feedID || reply.batch < seen.batch {
                world.metrics.count("peer.restored")
                world.log.error(
                    "peer.restored",
                    ["peer": peer, "batch": reply.batch, "seen_batch": seen.batch])
            }
            let now = PeerHistoryRow(peer: peer, reply)
            if now != seen { try await remember(now) }
        } catch {
            world.log.debug("peer_history_failed", ["peer": peer, "error": "\(error)"])
        }
    }

    private func seen(_ peer: String) async throws -> PeerHistoryRow? {
        try await database.read { try $0.find(PeerHistoryRow.self, ByteText(peer)) }
    }

    /// Two looks at once may both be the first.
    private func remember(_ row: PeerHistoryRow) async throws {
        try await database.write { batch in
            let isKnown = try batch.find(PeerHistoryRow.self, row.key) != nil
            if isKnown { try batch.update(row) } else { try batch.insert(row) }
        }
    }
}

/// How far a peer's store had come when it was last heard of.
struct PeerHistoryRow: StoredRow, Hashable {
    static let table = TableLayout("peer_history", of: Self.self)

    let peer: String
    let feedID: UUID
    let epoch: Int64
    let batch: Int64

    var key: ByteText { ByteText(peer) }

    init(peer: String, _ reply: HistoryReply) {
        self.peer = peer
        feedID = reply.feedId
        epoch = reply.epoch
        batch = reply.batch
    }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        peer = c("peer", it) { $0.peer }
        feedID = c("feed_id", it) { $0.feedID }
        epoch = c("epoch", it) { $0.epoch }
        batch = c("batch", it) { $0.batch }
    }
}
