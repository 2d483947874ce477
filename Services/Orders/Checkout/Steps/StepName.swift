/// The steps by their names in rows and in the history.
enum StepName {
    /// Takes the stock; undone, gives it back.
    static let reserve = "reserve"
    /// Takes the money; undone, voids the payment.
    static let pay = "pay"
    /// Turns what is held into what is sold.
    static let consume = "consume"

    // Not in every purchase:

    /// Sleeps until the buyer acts or the hold's time ends; then reads the hold from Inventory.
    static let buyer = "buyer"
    /// Makes sure that the hold lasts long enough to pay.
    static let extend = "extend"
    /// Creates the payment that StartPayment asked for.
    static let start = "start"
    /// Gives a payment up for the next one.
    static let supersede = "supersede"

    /// Lets the hold's time run again, while the payment is awaited.
    static let reopen = "reopen"
    /// Reads the payment from Payments.
    static let poll = "poll"
    /// Fences the hold again, for a payment that came.
    static let fence = "fence"
    /// Gives the money back.
    static let refund = "refund"

    static let all = atInventory.union(atPayments)

    static let atInventory: Set = [reserve, consume, buyer, extend, reopen, fence]
    static let atPayments: Set = [pay, start, supersede, poll, refund]
}
