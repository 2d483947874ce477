import Contracts

/// A kind of buyer: one that buys in one call, or step by step, and then by which moves.
enum Role: CaseIterable, Sendable {
    /// Reserves, pays and has the tickets in one call.
    case oneCall

    case pays
    case paysInOneStep
    /// The provider takes the money and does not say so.
    case hasASilentCard
    case triesAnotherCard
    /// Prefers another card while the first one waits for them.
    case changesTheirMind

    case cancels
    /// Calls it off while the payment waits for them.
    case cancelsWhenAsked
    /// Calls it off after a decline.
    case givesUp
    /// Calls it off while the money is being taken.
    case losesPatience

    /// Reserves and never comes back.
    case abandons
    /// The money comes long after the hold has ended.
    case paysLate
    /// The money comes although it was called off long before.
    case cancelsAndPaysLate
    /// The money comes a second after the hold has ended, when others wait for the tickets.
    case paysInTheLastSecond
    /// The same while there are tickets for all: whose stock is free gets it again.
    case hasLittleTime

    /// After the stock is reserved; then the checkout is watched until it ends.
    var moves: [Move] {
        switch self {
        case .oneCall: []
        case .pays: [.think, .pay(.good)]
        case .paysInOneStep: [.think, .pay(.good, .sale)]
        case .hasASilentCard: [.think, .pay(.lostReply)]
        case .triesAnotherCard: [.think, .pay(.declined), .think, .pay(.good)]
        case .changesTheirMind: [.think, .pay(.action), .think, .pay(.good)]
        case .cancels: [.think, .cancel]
        case .cancelsWhenAsked: [.think, .pay(.action), .think, .cancel]
        case .givesUp: [.think, .pay(.declined), .think, .cancel]
        case .losesPatience: [.think, .pay(.slow, .sale, waitMs: 300), .cancel]
        case .abandons: [.leave()]
        case .paysLate: [.think, .pay(.late, .sale), .leave()]
        case .cancelsAndPaysLate: [.think, .pay(.late, .sale), .think, .cancel]
        case .paysInTheLastSecond, .hasLittleTime:
            [.leave(untilMs: 1_000), .pay(.slow, .sale)]
        }
    }

    /// Time to pay, when it is less than what the event gives.
    var holdMs: Int64? { self == .hasLittleTime ? 5_000 : nil }

    /// Whether it may hold tickets until their time ends.
    var isLong: Bool {
        moves.contains { if case .leave = $0 { true } else { false } }
    }

    /// Whether money may come of it that nobody waits for any more.
    var isLate: Bool {
        moves.contains { if case .pay(.late, _, _) = $0 { true } else { false } }
    }
}

/// A move of a buyer who buys step by step.
enum Move: Sendable {
    case think
    /// Each time as a new attempt.
    case pay(Card, CaptureMode = .authCapture, waitMs: Int64 = 2_000)
    case cancel
    /// Does nothing until so long before the hold ends.
    case leave(untilMs: Int64 = 0)
}
