import Lifecycle

/// Who comes to buy. Roles are dealt like cards, so that even a small event meets each of them.
struct Cast: Sendable {
    /// Out of sixty each. Who holds tickets for long comes early, so that the last ticket does not
    /// wait for them.
    private static let early: [(count: Int, role: Role)] = [
        (40, .oneCall), (5, .pays), (2, .paysInOneStep), (1, .hasASilentCard),
        (2, .triesAnotherCard), (1, .changesTheirMind), (1, .cancels), (1, .cancelsWhenAsked),
        (1, .givesUp), (1, .losesPatience), (1, .abandons), (1, .paysLate),
        (1, .cancelsAndPaysLate), (1, .paysInTheLastSecond), (1, .hasLittleTime),
    ]
    private static let later: [(count: Int, role: Role)] = [
        (40, .oneCall), (10, .pays), (3, .paysInOneStep), (3, .triesAnotherCard),
        (1, .changesTheirMind), (1, .cancels), (1, .cancelsWhenAsked), (1, .givesUp),
    ]

    private var deck: [Role] = []
    private var isEarlyDeck = true

    mutating func next(_ random: any RandomSource, isEarly: Bool) -> Role {
        if deck.isEmpty || isEarly != isEarlyDeck {
            isEarlyDeck = isEarly
            deck = (isEarly ? Self.early : Self.later).flatMap {
                [Role](repeating: $0.role, count: $0.count)
            }
            // Fisher and Yates.
            for last in deck.indices.dropFirst().reversed() {
                deck.swapAt(last, Int(random.below(UInt64(last + 1))))
            }
        }
        return deck.removeLast()
    }
}
