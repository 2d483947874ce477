public import Contracts
internal import FoundationEssentials
internal import Lifecycle
public import RPC
public import Storage

extension Database {
    /// What the hello says of this store.
    public var mark: StoreMark {
        StoreMark(feedID: feed.id.text, epoch: feed.epoch, head: isShared ? nil : feed.head)
    }

    /// Answers a peer that tells how much it saw of this store's history.
    public func history() async throws -> HistoryReply {
        let own = try await position()
        return HistoryReply(
            feedId: own.feedID, epoch: own.epoch, batch: own.batch, isRestored: isRestored)
    }
}
