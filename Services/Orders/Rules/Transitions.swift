import Contracts

/// Every way a checkout can go; nothing else ever happens to one.
enum Transitions {
    static let table: [(from: CheckoutState, to: [CheckoutState])] = [
        // Reserved and priced; refused; another price, or no answer in time.
        (.new, [.committing, .rejected, .cancelling]),
        // Paid; the provider wants time or the buyer; declined.
        (.committing, [.paid, .paying, .cancelling]),
        // Captured and fenced; time is over; declined; captured, but the stock is gone.
        (.paying, [.committing, .expiring, .cancelling, .refunding]),
        (.paid, [.completed]),
        // Voided and released; the money had been taken after all.
        (.cancelling, [.cancelled, .refunding]),
        (.expiring, [.expired, .committing, .refunding]),
        (.refunding, [.refunded]),
        // A human decided: on from where it was, or give everything back.
        (.parked, [.new, .committing, .paying, .paid, .cancelling, .expiring, .refunding]),
    ]

    /// Any checkout that has not ended may be parked.
    static func allows(_ from: CheckoutState, _ to: CheckoutState) -> Bool {
        if to == .parked { return !from.isTerminal && from != .parked }
        return table.contains { $0.from == from && $0.to.contains(to) }
    }
}
