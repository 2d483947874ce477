/// The steps by their names in rows and in the history.
enum StepName {
    /// Takes the stock; undone, gives it back.
    static let reserve = "reserve"
    /// Takes the money; undone, voids the payment.
    static let pay = "pay"
    /// Turns what is held into what is sold.
    static let consume = "consume"

    // Off the straight way:

    /// Waits for the buyer, as long as the hold lives; then asks how it is.
    static let buyer = "buyer"
    /// Makes sure that the hold lasts long enough to pay.
    static let extend = "extend"
    /// Begins a payment.
    static let start = "start"
    /// Gives a payment up for the next one.
    static let supersede = "supersede"

    /// Lets the hold's time run again, while the payment is awaited.
    static let reopen = "reopen"
    /// Asks how the payment is.
    static let poll = "poll"
    /// Fences the hold again, for a payment that came.
    static let fence = "fence"
    /// Gives the money back.
    static let refund = "refund"

    static let all = atInventory.union(atPayments)

    static let atInventory: Set = [reserve, consume, buyer, extend, reopen, fence]
    static let atPayments: Set = [pay, start, supersede, poll, refund]
}
