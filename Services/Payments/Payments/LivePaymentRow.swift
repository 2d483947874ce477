import FoundationEssentials
import Storage
import Wire

/// Which payment of a checkout is the live one. As the table has one row a checkout, there can be
/// only one, and its key tells without a search.
struct LivePaymentRow: StoredRow {
    static let table = TableLayout("checkout", of: Self.self)

    let checkoutID: UUID
    let livePaymentID: UUID?

    var key: UUID { checkoutID }

    init(checkoutID: UUID, livePaymentID: UUID?) {
        self.checkoutID = checkoutID
        self.livePaymentID = livePaymentID
    }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        checkoutID = c("checkout_id", it) { $0.checkoutID }
        livePaymentID = c("live_payment_id", it) { $0.livePaymentID }
    }
}
