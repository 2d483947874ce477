import Contracts

/// For people who write a gateway: the ways to buy, and the states that a checkout goes through.
public enum Guide {
    public static let text = ways + "\n" + states

    private static let ways = """
        Two ways to buy

          in one call          step by step             what happens
          orders.Purchase      orders.CreateCheckout    stock is held; in one call it is fenced too
                               orders.StartPayment      money is authorised, stock fenced, money
                                                        taken; after a failure start another attempt
                               orders.WatchCheckout     answers when something has changed
                               orders.CancelCheckout    payment and stock are given up
          Purchase goes on step by step when its payment wants the buyer or time.

        A checkout goes from state to state; whatever runs may also be PARKED for a human.

        """

    /// One line a state, in the order of a purchase.
    static var states: String {
        let width = Transitions.table.map(\.from.word.count).max() ?? 0
        return Transitions.table.filter { $0.from != .parked }.map { from, to in
            let name = from.word + String(repeating: " ", count: width - from.word.count)
            return "  \(name) → \(to.map(\.word).joined(separator: ", "))"
        }.joined(separator: "\n")
    }
}
