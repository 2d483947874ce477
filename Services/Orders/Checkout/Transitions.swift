import Contracts

/// Every change of state that a checkout can make. Any other is a bug, and parks the checkout.
enum Transitions {
    static let table: [(from: CheckoutState, to: [CheckoutState])] = [
        (
            .new,
            [
                .reserved,  // the stock is held and priced
                .committing,  // the same in a purchase of one call, whose hold is fenced at once
                .rejected,  // Inventory refused
                .cancelling,  // another price, no answer in time, or called off
                .expiring,  // the hold was found expired when Reserve was asked again
            ]
        ),
        (
            .reserved,
            [
                .paying,  // a payment has begun
                .committing,  // the hold is fenced first: nothing to pay, or all at once
                .cancelling,  // called off, or the hold was given back
                .expiring,  // the hold's time is over
            ]
        ),
        (
            .committing,
            [
                .paid,  // the money is taken
                .paying,  // the provider wants time or the buyer, or declined
                .cancelling,  // declined with no other try to come, or called off
            ]
        ),
        (
            .paying,
            [
                .committing,  // the payment is ready, and the hold is fenced for it
                .expiring,  // the hold's time is over
                .cancelling,  // called off, or the hold was given back
                .refunding,  // the money is captured, but the stock is gone
            ]
        ),
        (.paid, [.completed]),
        (
            .cancelling,
            [
                .cancelled,  // the payment is over and the stock given back
                .rejected,  // there never was a hold
                .refunding,  // the money had been taken after all
                .committing,  // the tickets had been sold after all, and stay sold
            ]
        ),
        (
            .expiring,
            [
                .expired,  // the payment is over and the stock given back
                .committing,  // the buyer had paid, and the stock was fenced again
                .refunding,  // the buyer had paid, and the stock is gone
            ]
        ),
        (.refunding, [.refunded]),
        // A human decided: on from where it was, or give everything back.
        (
            .parked,
            [
                .new, .reserved, .committing, .paying, .paid, .cancelling, .expiring, .refunding,
            ]
        ),
    ]

    /// Any checkout that has not ended may be parked.
    static func allows(_ from: CheckoutState, _ to: CheckoutState) -> Bool {
        if to == .parked { return !from.isTerminal && from != .parked }
        return table.contains { $0.from == from && $0.to.contains(to) }
    }
}
