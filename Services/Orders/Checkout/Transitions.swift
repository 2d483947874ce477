import Contracts

/// Every way a checkout can go; nothing else ever happens to one.
enum Transitions {
    static let table: [(from: CheckoutState, to: [CheckoutState])] = [
        // Reserved and priced; the same in one call; refused; another price, no answer in time, or
        // called off; asked again when its time was over.
        (.new, [.reserved, .committing, .rejected, .cancelling, .expiring]),
        // A payment has begun; nothing to pay; called off; time is over.
        (.reserved, [.paying, .committing, .cancelling, .expiring]),
        // Paid; the provider wants time or the buyer, or declined; declined for good.
        (.committing, [.paid, .paying, .cancelling]),
        // Paid and fenced; time is over; called off; captured, but the stock is gone.
        (.paying, [.committing, .expiring, .cancelling, .refunding]),
        (.paid, [.completed]),
        // CANCELLED: voided and released. REJECTED: there never was a hold. REFUNDING: the money
        // had been taken after all. COMMITTING: so had the tickets.
        (.cancelling, [.cancelled, .rejected, .refunding, .committing]),
        (.expiring, [.expired, .committing, .refunding]),
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
