import Lifecycle

/// A means of payment, by the token that makes the provider `sim` behave so.
enum Card: String, CaseIterable, Sendable {
    case good = "sim_ok"
    case declined = "sim_declined"
    /// The answer takes two seconds.
    case slow = "sim_slow"
    /// Charged, but the provider's answer never comes.
    case lostReply = "sim_lost_reply"
    /// Charged long after, when the hold has ended.
    case late = "sim_late"
    /// The buyer must confirm first.
    case action = "sim_action"

    /// Of a buyer in one call, in a thousand. Payments that take long are for the first part of the
    /// sale, so that the last ticket does not wait for them.
    static func draw(_ random: any RandomSource, isEarly: Bool) -> Card {
        var draw = random.below(1_000)
        var shares: [(UInt64, Card)] = [(40, .declined), (10, .lostReply), (5, .slow)]
        if isEarly { shares += [(4, .late), (4, .action)] }
        for (share, card) in shares {
            if draw < share { return card }
            draw -= share
        }
        return .good
    }
}
