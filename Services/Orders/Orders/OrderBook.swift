import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Wire

/// What a checkout's commit writes beside its own row: order, items, tickets and facts, all from
/// the difference between the row before and after.
struct OrderBook: Sendable {
    func record(_ before: Checkout, _ after: Checkout, _ batch: Batch) throws {
        let issued = before.ticketsIssued..<max(before.ticketsIssued, after.ticketsIssued)
        for ticket in TicketMint.tickets(issued, of: after) { try batch.insert(ticket) }
        // A human's decision puts a parked checkout back where it was; that is no news.
        guard before.state != after.state, before.state != .parked else { return }
        let totals = after.totals
        if let totals, after.state == .paid || after.state == .completed {
            try recordOrder(before, after, totals, batch)
        }
        if let kind = Self.fact(of: after.state) {
            let nothing = Money(0, after.currency)
            let fact = CheckoutFact(
                checkoutId: after.id, eventId: after.eventID, total: totals?.total ?? nothing,
                tax: totals?.tax ?? nothing)
            batch.emit(kind, subject: after.id, CBOR.encode(fact))
        }
    }

    private static func fact(of state: CheckoutState) -> String? {
        switch state {
        case .paid: OrdersFact.orderPaid
        case .completed: OrdersFact.orderCompleted
        case .rejected: OrdersFact.checkoutRejected
        case .cancelled: OrdersFact.checkoutCancelled
        case .expired: OrdersFact.checkoutExpired
        case .refunded: OrdersFact.checkoutRefunded
        default: nil
        }
    }

    private func recordOrder(
        _ before: Checkout, _ after: Checkout, _ totals: Totals, _ batch: Batch
    ) throws {
        let order = OrderRow(after, totals)
        if before.state == .paid {
            try batch.update(order)
        } else {
            try batch.insert(order)
            for line in after.lines {
                try batch.insert(OrderItemRow(orderID: after.id, line: line))
            }
        }
    }
}
