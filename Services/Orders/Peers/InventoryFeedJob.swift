import Contracts
import FoundationEssentials
import Lifecycle
import Publishing
import RPC
import Saga
import Storage
import Wire

extension FeedConsumer<Checkout> {
    /// Inventory's feed: a checkout whose hold was replaced, given back or expired does not go on
    /// as if it had one. What is older than the feed's oldest fact was found out by the sagas.
    static func inventory(
        at inventory: any Caller, of checkouts: CheckoutStore, in database: Database,
        for runner: CheckoutRunner, world: World
    ) -> FeedConsumer {
        FeedConsumer(
            of: "inventory", by: InventoryAPI.readEvents, at: inventory, into: database,
            world: world, from: .oldest
        ) { event, batch in
            guard [InventoryFact.holdReleased, InventoryFact.holdExpired].contains(event.kind)
            else { return nil }
            let fact = try CBOR.decode(HoldFact.self, from: Array(event.body))
            return try checkouts.hear(event.kind, fact, batch)
        } whenBooked: { changed in
            for checkout in changed {
                checkouts.changed(checkout)
                runner.moved(checkout)
            }
        }
    }
}
