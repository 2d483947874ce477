import Contracts
import FoundationEssentials
import Lifecycle
import Publishing
import RPC
import Storage
import Text
import Wire

extension FeedConsumer<Void> {
    /// Orders' feed: a completed order turns the buyer's funds into revenue and tax, any other end
    /// closes the payment, if it is live, and gives back what is left of it.
    static func orders(
        at orders: any Caller, into database: Database, world: World
    ) -> FeedConsumer {
        FeedConsumer(
            of: "orders", by: OrdersAPI.readEvents, at: orders, into: database, world: world
        ) { event, batch in
            guard var outcome = CheckoutOutcome(fact: event.kind) else { return nil }
            let fact = try CBOR.decode(CheckoutFact.self, from: Array(event.body))
            // A payment of what costs nothing is not the order's.
            if outcome == .completed, fact.total.amount == 0 { outcome = .free }
            try batch.close(fact, outcome)
            return ()
        }
    }
}

extension Batch {
    /// Closes the payment that its checkout ended with, if there was one; once, however often the
    /// fact is read.
    fileprivate func close(_ fact: CheckoutFact, _ outcome: CheckoutOutcome) throws {
        guard let paymentID = try find(LivePaymentRow.self, fact.checkoutId)?.livePaymentID,
            let payment = try find(PaymentRow.self, paymentID)?.payment,
            let change = PaymentRules.close(payment, outcome, tax: fact.tax.amount, now: now)
        else { return }
        _ = try apply(change, to: payment)
    }
}

extension CheckoutOutcome {
    /// Nil for facts that end nothing.
    init?(fact: String) {
        switch fact {
        case OrdersFact.orderCompleted: self = .completed
        case OrdersFact.checkoutRejected: self.init(word: "rejected")
        case OrdersFact.checkoutCancelled: self.init(word: "cancelled")
        case OrdersFact.checkoutExpired: self.init(word: "expired")
        case OrdersFact.checkoutRefunded: self.init(word: "refunded")
        default: return nil
        }
    }
}
