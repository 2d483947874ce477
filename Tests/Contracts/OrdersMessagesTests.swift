import Contracts
import FoundationEssentials
import Lifecycle
import Testing
import Wire

private let id = UUID(uuid: (1, 2, 3, 4, 5, 6, 0x77, 8, 0x89, 10, 11, 12, 13, 14, 15, 16))
private let euros = Money(12_345, Currency("EUR"))
private let at = Instant(milliseconds: 1_800_000_000_000)
private let contact = Contact(email: "ann@example.org", name: "Ann")
private let line = PricedLine(
    ticketTypeId: id, name: "Stalls", quantity: 2, unitPrice: euros, fee: euros, tax: euros)
private let problem = CheckoutProblem(reason: "DECLINED", message: "no")

private func order(isComplete: Bool) -> OrderReply {
    OrderReply(
        orderId: id, orderNumber: "7KQ2M-9XB4T-C0ZF3", eventId: id, owner: "ann",
        contact: contact, status: isComplete ? .completed : .paid, totalQuantity: 2, total: euros,
        tax: euros, paymentId: isComplete ? id : nil, provider: isComplete ? "sim" : nil,
        paidAt: at,
        completedAt: isComplete ? at : nil, items: [line],
        ticketsTotal: isComplete ? 2 : 0,
        tickets: isComplete
            ? [Ticket(ticketId: id, ticketTypeId: id, index: 0, code: "ABC", state: "VALID")] : [],
        ticketsNext: isComplete ? "place" : nil)
}

@Suite struct OrdersMessagesTests {
    @Test func handCodedMessagesAreTheirCodable() throws {
        let items = [HoldLine(ticketTypeId: id, quantity: 2)]
        try check(
            PurchaseRequest(
                purchaseId: id, owner: "ann", contact: contact, eventId: id, items: items,
                provider: "sim", paymentMethod: "sim_ok", expectedTotal: euros, waitMs: 20_000))
        try check(
            PurchaseRequest(
                purchaseId: id, owner: "ann", contact: Contact(email: "a@b.org"), eventId: id,
                items: items))
        try check(OrderFact(checkoutId: id, eventId: id, total: euros, tax: euros))
        for isComplete in [true, false] { try check(order(isComplete: isComplete)) }
        try check(
            CheckoutReply(
                checkoutId: id, eventId: id, owner: "ann", state: .refunding, expiresInMs: 7,
                lines: [line, line],
                totals: Totals(subtotal: euros, fees: euros, tax: euros, total: euros),
                payment: CheckoutPayment(
                    paymentId: id, provider: "sim", action: "secret", lastError: problem),
                problem: problem, refund: RefundProgress(owed: euros, isSettled: true),
                parkReason: "why", order: order(isComplete: true), version: 9))
        try check(
            CheckoutReply(
                checkoutId: id, eventId: id, owner: "ann", state: .new, lines: [],
                payment: CheckoutPayment(paymentId: id, provider: "sim"), version: 1))
    }

    @Test func aStateThatThisVersionDoesNotKnowSurvives() throws {
        let state = try CBOR.decode(
            [CheckoutState].self, from: CBOR.encode([CheckoutState("LIMBO")])
        ).first
        #expect(state?.word == "LIMBO" && state?.isTerminal == false)
    }

    @Test(arguments: CheckoutState.all) func everyStateHasAStatusThatTheTableLists(
        _ state: CheckoutState
    ) {
        #expect(ReservationStatus.all.contains(state.reservationStatus))
    }

    @Test func aPurchaseBeyondItsBoundsNamesTheField() throws {
        func problems(_ quantity: Int64, _ lines: Int, _ waitMs: Int64) throws -> [String] {
            let request = PurchaseRequest(
                purchaseId: id, owner: "ann", contact: contact, eventId: id,
                items: (0..<lines).map { _ in HoldLine(ticketTypeId: id, quantity: quantity) },
                waitMs: waitMs)
            return try PurchaseRequest.fields.check(try CBOR.encode(request)[...]).map(\.field)
        }
        #expect(try problems(1, 20, 20_000) == [])
        for quantity in [Int64.min, -1, 0, 1_001, .max] {
            #expect(try problems(quantity, 1, 0) == ["items[0].quantity"])
        }
        #expect(try problems(1, 21, 0) == ["items"])
        #expect(try problems(1, 1, 20_001) == ["waitMs"])
        #expect(try problems(1, 1, -1) == ["waitMs"])
    }
}
