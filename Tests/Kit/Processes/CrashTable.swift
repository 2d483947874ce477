public import Support

/// The table of deaths: between which two facts a process dies, and where in the code that is. What
/// must be afterwards is the same for every row: the checkout ends as if nobody had died. The
/// places of one service in one script stand in the order in which a purchase comes by them.
public enum CrashTable {
    public struct Row: Sendable {
        public let died: String
        public let places: [(script: CrashScript, place: String)]
    }

    public static let rows: [Row] = [
        Row(
            died: "a request had come, nothing was stored",
            places: [
                (.short, "call.orders.Purchase.arrived"),
                (.long, "call.orders.CreateCheckout.arrived"),
                (.cancelled, "call.orders.CancelCheckout.arrived"),
            ]),
        Row(
            died: "NEW was stored, nothing was asked",
            places: [(.short, "saga.reserve.DO.asking"), (.long, "saga.reserve.DO.asking")]),
        Row(
            died: "the hold was made, its answer was lost",
            places: [
                (.short, "call.inventory.Reserve.done"), (.short, "saga.reserve.DO.answered"),
                (.long, "call.inventory.Reserve.done"), (.long, "saga.reserve.DO.answered"),
            ]),
        Row(
            died: "RESERVED and priced",
            places: [
                (.long, "call.orders.CreateCheckout.done"),
                (.long, "call.orders.StartPayment.arrived"),
                (.expired, "saga.buyer.DO.asking"), (.expired, "saga.buyer.DO.answered"),
            ]),
        Row(
            died: "the hold was extended for a payment",
            places: [
                (.long, "saga.extend.DO.asking"), (.long, "call.inventory.ExtendHold.done"),
                (.long, "saga.extend.DO.answered"), (.superseded, "saga.supersede.DO.asking"),
                (.superseded, "saga.supersede.DO.answered"),
            ]),
        Row(
            died: "the payment was made at the provider, its answer was not stored",
            places: [
                (.long, "saga.start.DO.asking"), (.long, "provider.AUTHORISE.asking"),
                (.long, "provider.AUTHORISE.answered"), (.short, "provider.SALE.asking"),
                (.short, "provider.SALE.answered"), (.short, "saga.pay.DO.asking"),
            ]),
        Row(
            died: "PAYING",
            places: [
                (.long, "call.payments.CreatePayment.done"),
                (.waiting, "call.orders.StartPayment.done"), (.waiting, "saga.poll.DO.asking"),
                (.opened, "saga.reopen.DO.asking"), (.opened, "call.inventory.ReopenHold.done"),
                (.opened, "saga.reopen.DO.answered"),
            ]),
        Row(
            died: "the provider had said that it has the money, Payments had not stored it",
            places: [(.waiting, "provider.FETCH.answered")]),
        Row(
            died: "AUTHORISED was known",
            places: [
                (.long, "saga.start.DO.answered"), (.long, "saga.fence.DO.asking"),
                (.waiting, "call.payments.RefreshPayment.done"),
                (.waiting, "saga.poll.DO.answered"),
            ]),
        Row(
            died: "fenced",
            places: [
                (.long, "call.inventory.BeginCommit.done"), (.long, "saga.fence.DO.answered"),
                (.long, "saga.pay.DO.asking"),
            ]),
        Row(
            died: "the provider may have captured",
            places: [
                (.long, "provider.CAPTURE.asking"), (.long, "provider.CAPTURE.answered"),
                (.short, "call.payments.CreatePayment.done"), (.short, "saga.pay.DO.answered"),
            ]),
        Row(
            died: "CAPTURED",
            places: [
                (.long, "call.payments.CapturePayment.done"), (.long, "saga.pay.DO.answered"),
            ]),
        Row(
            died: "paid, the stock was not yet sold",
            places: [
                (.short, "saga.consume.DO.asking"), (.long, "saga.consume.DO.asking"),
                (.long, "call.inventory.ConsumeHold.arrived"),
            ]),
        Row(
            died: "sold, the answer was lost",
            places: [
                (.short, "call.inventory.ConsumeHold.done"),
                (.long, "call.inventory.ConsumeHold.done"),
            ]),
        Row(
            died: "sold, the tickets were not yet issued",
            places: [(.short, "saga.consume.DO.answered"), (.long, "saga.consume.DO.answered")]),
        Row(
            died: "PAID and sold, no ticket of many was issued",
            places: [(.large, "saga.issue.DO.asking"), (.large, "saga.issue.DO.answered")]),
        Row(
            died: "declined for good, Orders had not heard",
            places: [(.declined, "call.payments.CreatePayment.done")]),
        Row(
            died: "while undoing",
            places: [
                (.declined, "saga.reserve.UNDO.asking"),
                (.declined, "call.inventory.ReleaseHold.done"),
                (.declined, "saga.reserve.UNDO.answered"),
                (.cancelled, "saga.pay.UNDO.asking"), (.cancelled, "provider.VOID.asking"),
                (.cancelled, "provider.VOID.answered"),
                (.cancelled, "call.payments.VoidPayment.done"),
                (.cancelled, "saga.pay.UNDO.answered"),
                (.cancelled, "saga.reserve.UNDO.asking"),
                (.expired, "saga.reserve.UNDO.asking"),
                (.refunded, "saga.pay.UNDO.answered"), (.refunded, "saga.refund.DO.asking"),
                (.refunded, "provider.REFUND.answered"),
                (.refunded, "call.payments.RefundPayment.done"),
                (.refunded, "saga.refund.DO.answered"),
            ]),
        Row(
            died: "it was over, the buyer had not heard",
            places: [
                (.short, "call.orders.Purchase.done"), (.long, "call.orders.StartPayment.done"),
                (.declined, "call.orders.Purchase.done"),
                (.cancelled, "call.orders.CancelCheckout.done"),
            ]),
    ]

    public static func points(of script: CrashScript) -> [CrashPoint] {
        rows.flatMap(\.places).filter { $0.script == script }.map { CrashPoint($0.place) }
    }
}
