import Contracts
import FoundationEssentials
import Storage
import Text
import Wire

// Orders' feed as it is booked: the effect of a page and the cursor behind it are one commit.
extension PaymentStore {
    static let ordersFeed = "orders"

    /// How far Orders' feed has been dealt with; nil before the first page.
    func ordersCursor() async throws -> CursorRow? {
        try await database.read { try $0.find(CursorRow.self, ByteText(PaymentStore.ordersFeed)) }
    }

    /// Books a page that was read after `after`. A page that was booked before changes nothing.
    func book(_ page: FeedReply, after: Int64) async throws {
        guard let last = page.events.last else { return }
        try await database.write(essential: true) { batch in
            let cursor = try batch.find(CursorRow.self, ByteText(PaymentStore.ordersFeed))
            guard (cursor?.seq ?? 0) == after else { return }
            for event in page.events {
                guard let outcome = CheckoutOutcome(fact: event.kind) else { continue }
                let fact = try CBOR.decode(OrderFact.self, from: Array(event.body))
                try batch.close(fact, outcome)
            }
            let next = CursorRow(
                feed: PaymentStore.ordersFeed, feedID: page.feedId, seq: last.seq)
            if cursor == nil { try batch.insert(next) } else { try batch.update(next) }
        }
    }
}

extension Batch {
    /// Closes the payment that its checkout ended with, if there was one.
    fileprivate func close(_ fact: OrderFact, _ outcome: CheckoutOutcome) throws {
        guard let paymentID = try find(CheckoutRow.self, fact.checkoutId)?.livePaymentID,
            let payment = try find(PaymentRow.self, paymentID)?.payment,
            let change = PaymentRules.close(payment, outcome, tax: fact.tax.amount)
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
