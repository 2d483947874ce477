import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga

/// What callers see of checkouts and orders.
struct CheckoutView: Sendable {
    let mint: TicketMint

    /// - Parameter order: what has come of it, if it was paid.
    func reply(_ checkout: Checkout, _ order: OrderReply?, now: Instant) -> CheckoutReply {
        CheckoutReply(
            checkoutId: checkout.id, eventId: checkout.eventID, owner: checkout.owner,
            state: checkout.state, reservationStatus: reservationStatus(checkout),
            expiresInMs: expiresInMs(checkout, now), lines: checkout.lines, totals: checkout.totals,
            payment: payment(checkout),
            problem: checkout.problem.map {
                CheckoutProblem(reason: $0.error.reason.name, message: $0.error.message)
            },
            refund: refund(checkout), parkReason: checkout.parked?.reason,
            isCancelRequested: checkout.isCancelRequested ? true : nil, order: order,
            version: checkout.version)
    }

    /// Between two attempts nothing is in the provider's hands, and the stock waits for the buyer.
    private func reservationStatus(_ checkout: Checkout) -> ReservationStatus? {
        checkout.at == .awaitBuyer ? .reserved : nil
    }

    /// Money that was taken belongs to an order, or goes back.
    private func refund(_ checkout: Checkout) -> RefundProgress? {
        guard checkout.state != .paying, let owed = checkout.owed else { return nil }
        return RefundProgress(owed: owed, isSettled: checkout.isRefundSettled)
    }

    private func expiresInMs(_ checkout: Checkout, _ now: Instant) -> Int64? {
        guard checkout.state == .paying || checkout.state == .reserved else { return nil }
        return checkout.holdExpiresAt.map { max(0, now.millisecondsUntil($0)) }
    }

    private func payment(_ checkout: Checkout) -> CheckoutPayment? {
        guard let provider = checkout.payment.attempt?.provider ?? checkout.provider,
            checkout.totals?.total.amount ?? 0 > 0
        else { return nil }
        return CheckoutPayment(
            paymentId: checkout.paymentID, provider: provider,
            attemptId: checkout.payment.attempt?.id, action: checkout.payment.live?.action,
            lastError: checkout.paymentError.map {
                PaymentTrouble(text: $0).problem
            })
    }

    /// The order as the commit has written it that made the checkout what it is. Of a completed one
    /// this is right only at once: orders and tickets go their own way from there.
    func order(justWritten checkout: Checkout) throws -> OrderReply? {
        guard checkout.paidAt != nil, let totals = checkout.totals else { return nil }
        let told =
            checkout.state == .completed
            ? min(checkout.quantity, Int64(Bounds.ticketsPerReply)) : 0
        return try Self.reply(
            OrderRow(checkout, totals), checkout.lines,
            TicketMint.tickets(0..<max(0, told), of: checkout), mint)
    }

    /// - Parameter tickets: the first `Bounds.ticketsPerReply`.
    static func reply(
        _ order: OrderRow, _ items: [PricedLine], _ tickets: [TicketRow], _ mint: TicketMint
    ) throws -> OrderReply {
        let total = order.completedAt == nil ? 0 : order.totalQuantity
        var next: String?
        if total > tickets.count, let last = tickets.last?.number {
            next = ListPlace(OrdersAPI.listTickets.name, [order.orderID.text])
                .text(after: last)
        }
        return try OrderReply(
            orderId: order.orderID, orderNumber: OrderNumber.of(order.orderID),
            eventId: order.eventID, owner: order.owner, contact: order.contact,
            status: order.status, totalQuantity: order.totalQuantity, total: order.total,
            tax: order.tax, paymentId: order.paymentID, provider: order.provider,
            paidAt: order.paidAt, completedAt: order.completedAt, items: items,
            ticketsTotal: total, tickets: tickets.map { try ticket($0, of: order, mint) },
            ticketsNext: next)
    }

    static func ticket(
        _ row: TicketRow, of order: OrderRow, _ mint: TicketMint
    ) throws -> Ticket {
        try Ticket(
            ticketId: row.ticketID, ticketTypeId: row.ticketTypeID, index: row.number,
            code: mint.code(of: row, key: order.keyNumber), state: row.state)
    }

    static func summary(_ order: OrderRow) -> OrderSummary {
        OrderSummary(
            orderId: order.orderID, orderNumber: OrderNumber.of(order.orderID),
            eventId: order.eventID, owner: order.owner, status: order.status,
            totalQuantity: order.totalQuantity, total: order.total, paidAt: order.paidAt)
    }
}
