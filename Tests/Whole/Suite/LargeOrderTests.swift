import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Stage
import Storage
import Support
import Testing
import Wire

@testable import Orders

/// Orders, histories and lists beyond what fits into a frame, over the wire.
@Suite struct LargeOrderTests {
    private static let mint = TicketMint(TicketKeys([1: [UInt8](repeating: 3, count: 32)]))

    /// What the others play; a paged method that is new must come here too.
    @Test func allArePlayed() {
        #expect(
            Set(PagedLists.of("orders").keys) == [
                "orders.ListTickets", "orders.ListOrders", "orders.GetSaga", "orders.RetrySaga",
                "orders.ReadEvents",
            ])
    }

    /// The largest order that could be bought before holds ended at 2,000 tickets, in the store:
    /// completed, or as a process has left it that had issued so many of its tickets.
    private func orderOfBefore(
        _ rig: SuiteRig, issued: Int64? = nil
    ) async throws -> PurchaseRequest {
        let name = String(repeating: "N", count: Bounds.nameBytes)
        let price = Money(Bounds.priceMinor.upperBound / 1_000, SuiteRig.euro)
        let request = PurchaseRequest(
            purchaseId: rig.test.world.newID(), owner: "ann",
            contact: Contact(email: "ann@example.org"), eventId: rig.test.world.newID(),
            items: (0..<Bounds.linesPerHold).map { _ in
                HoldLine(ticketTypeId: rig.test.world.newID(), quantity: 1_000)
            }, provider: "sim", paymentMethod: "sim_ok")
        try await rig.ordersDatabase.write { batch in
            var before = PurchaseRules.checkout(request, epoch: 1, now: batch.now)
            before.state = .committing
            before.lines = before.items.map {
                PricedLine(
                    ticketTypeId: $0.ticketTypeId, name: name, quantity: $0.quantity,
                    unitPrice: price, fee: price, tax: price)
            }
            var after = before
            after.paidAt = batch.now
            if let issued {
                (after.state, after.issued, after.epoch) = (.paid, issued, 0)
                (after.step, after.nextRunAt) = (SagaPosition(CheckoutStep.issue), batch.now)
            } else {
                (after.state, after.endedAt) = (.completed, batch.now)
                (after.step, after.nextRunAt) = (nil, nil)
            }
            try batch.insert(after)
            try OrderBook().record(before, after, batch)
        }
        return request
    }

    @Test func anOrderOfBeforeIsToldWhole() throws {
        try SuiteRig.run { rig in
            let request = try await orderOfBefore(rig)
            let id = request.purchaseId
            let orders = rig.caller("gateway", to: "orders")
            let order = try await orders.call(OrdersAPI.getOrder, GetOrderRequest(orderId: id))
            #expect(order.totalQuantity == 20_000 && order.ticketsTotal == 20_000)
            #expect(order.tickets.map(\.index) == Array(0..<500))
            // Whatever says so, says the same.
            #expect(try await rig.checkout(id).order == order)
            #expect(try await rig.purchase(request).order == order)
            let watched = try await orders.call(
                OrdersAPI.watchCheckout, WatchCheckoutRequest(checkoutId: id, sinceVersion: 0))
            #expect(watched.order == order)

            let pages = try await pages(of: "orders.ListTickets", next: \.next) {
                try await orders.call(
                    OrdersAPI.listTickets, ListTicketsRequest(orderId: id, after: $0))
            }
            let tickets = pages.flatMap(\.tickets)
            #expect(tickets.map(\.index) == Array(0..<20_000))
            #expect(Array(tickets.prefix(500)) == order.tickets)
            #expect(Set(tickets.map(\.code)).count == 20_000)
            let rest = try await orders.call(
                OrdersAPI.listTickets,
                ListTicketsRequest(orderId: id, after: order.ticketsNext, limit: 1))
            #expect(rest.tickets.map(\.index) == [500])
        }
    }

    /// No commit keeps others waiting for long.
    @Test func aLargeOrderIsIssuedAThousandACommit() throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(capacity: 4_000, types: 2)
            let request = PurchaseRequest(
                purchaseId: rig.test.world.newID(), owner: "ann",
                contact: Contact(email: "ann@example.org"), eventId: event.id,
                items: event.types.map { HoldLine(ticketTypeId: $0, quantity: 1_000) },
                provider: "sim", paymentMethod: "sim_ok")
            let order = try #require(try await rig.purchase(request).order)
            #expect(order.status == .completed && order.ticketsTotal == 2_000)
            #expect(try await rig.purchase(request).order == order)
            let saga = try await rig.caller("operator", to: "orders").call(
                OrdersAPI.getSaga, GetSagaRequest(checkoutId: request.purchaseId))
            let issued = saga.history.filter { $0.step == "issue" }.map(\.result)
            #expect(issued == ["1000", "2000"])
            try await rig.expectSound()
        }
    }

    /// Nobody is told of tickets before all are there.
    @Test func aLargeOrderGoesOnWhereItsProcessHasDied() throws {
        try SuiteRig.run { rig in
            let id = try await orderOfBefore(rig, issued: 3_000).purchaseId
            let orders = rig.caller("gateway", to: "orders")
            let order = try await orders.call(OrdersAPI.getOrder, GetOrderRequest(orderId: id))
            #expect(order.status == .paid && order.ticketsTotal == 0 && order.tickets == [])
            let page = try await orders.call(
                OrdersAPI.listTickets, ListTicketsRequest(orderId: id))
            #expect(page.tickets == [] && page.next == nil)
            let end = try await rig.end(id)
            #expect(end.state == .completed && end.order?.ticketsTotal == 20_000)
            let pages = try await pages(of: "orders.ListTickets", next: \.next) {
                try await orders.call(
                    OrdersAPI.listTickets, ListTicketsRequest(orderId: id, after: $0))
            }
            #expect(pages.flatMap(\.tickets).map(\.index) == Array(0..<20_000))
            let saga = try await rig.caller("operator", to: "orders").call(
                OrdersAPI.getSaga, GetSagaRequest(checkoutId: id))
            #expect(saga.history.map(\.result) == (4...20).map { "\($0)000" })
        }
    }

    @Test func ticketsOfASmallOrderAreAllInIt() throws {
        try SuiteRig.onSale { rig, event in
            let order = try #require(try await rig.purchase(rig.request(event)).order)
            #expect(order.ticketsTotal == 2 && order.ticketsNext == nil)
            let orders = rig.caller("gateway", to: "orders")
            let page = try await orders.call(
                OrdersAPI.listTickets, ListTicketsRequest(orderId: order.orderId))
            #expect(page.tickets == order.tickets && page.next == nil)
            let other = try #require(try await rig.purchase(rig.request(event)).order)
            let first = try await orders.call(
                OrdersAPI.listTickets, ListTicketsRequest(orderId: other.orderId, limit: 1))
            for (id, after) in [(order.orderId, first.next), (order.orderId, "x")] {
                let refusal = try await rig.refusal {
                    _ = try await orders.call(
                        OrdersAPI.listTickets, ListTicketsRequest(orderId: id, after: after))
                }
                #expect(refusal == "INVALID_ARGUMENT")
            }
            let unknown = try await rig.refusal {
                _ = try await orders.call(
                    OrdersAPI.listTickets, ListTicketsRequest(orderId: event.id))
            }
            #expect(unknown == "NOT_FOUND")
        }
    }

    /// Refused before anything is taken, on both ways; the id is not used up.
    @Test func whatIsNewEndsAtTwoThousandTickets() throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(capacity: 10_000)
            let id = rig.test.world.newID()
            let types = [event.type] + (0..<2).map { _ in rig.test.world.newID() }
            let items = types.map { HoldLine(ticketTypeId: $0, quantity: 667) }
            let contact = Contact(email: "ann@example.org")
            let orders = rig.caller("gateway", to: "orders")
            for isPurchase in [true, false] {
                let error = await #expect(throws: RPCError.self) {
                    if isPurchase {
                        _ = try await orders.call(
                            OrdersAPI.purchase,
                            PurchaseRequest(
                                purchaseId: id, owner: "ann", contact: contact,
                                eventId: event.id, items: items, provider: "sim",
                                paymentMethod: "sim_ok"))
                    } else {
                        _ = try await orders.call(
                            OrdersAPI.createCheckout,
                            CreateCheckoutRequest(
                                checkoutId: id, owner: "ann", contact: contact,
                                eventId: event.id, items: items))
                    }
                }
                #expect(error?.reason == .quantityOutOfRange && error?.outcome == .refused)
                #expect(error?.detail == ["field": "items", "min": 1, "max": 2_000])
            }
            #expect(try await rig.purchase(rig.request(event, id: id)).state == .completed)
        }
    }

    /// Minting a code takes a hash: nobody pays for those that are not told.
    @Test func aReplyMintsWhatItTells() throws {
        var checkout = PurchaseRules.checkout(
            PurchaseRequest(
                purchaseId: UUID(), owner: "ann", contact: Contact(email: "a@b"), eventId: UUID(),
                items: [HoldLine(ticketTypeId: UUID(), quantity: 1 << 40)]),
            epoch: 1, now: Instant(milliseconds: 1))
        let nothing = Money(0, SuiteRig.euro)
        checkout.lines = checkout.items.map {
            PricedLine(
                ticketTypeId: $0.ticketTypeId, name: "N", quantity: $0.quantity,
                unitPrice: nothing, fee: nothing, tax: nothing)
        }
        checkout.state = .completed
        checkout.paidAt = checkout.createdAt
        checkout.endedAt = checkout.createdAt
        let order = try CheckoutView(mint: Self.mint).order(justWritten: checkout)
        #expect(order?.tickets.count == Bounds.ticketsPerReply)
        #expect(order?.ticketsTotal == 1 << 40)
    }

    @Test func aLongHistoryIsToldInPages() throws {
        try SuiteRig.onSale { rig, event in
            rig.inventory.refuse("inventory.ConsumeHold", [.heard(.holdReleased)])
            let id = try await rig.purchase(rig.request(event)).checkoutId
            let steps = try await rig.ordersDatabase.write { batch in
                let known = try batch.select(SagaStepRow.self, where: "saga_id = \(id)").count
                for number in (known + 1)...1_500 {
                    try batch.insert(
                        SagaStepRow(
                            sagaID: id, number: Int64(number),
                            position: SagaPosition(
                                CheckoutStep.consume.rawValue, .act,
                                attempt: Int64.max - Int64(number)),
                            outcome: "WAITING", result: String(repeating: "r", count: 255),
                            at: Instant(milliseconds: .max)))
                }
                guard var row = try batch.find(Checkout.self, id) else { return 0 }
                row.stepCount = 1_500
                try batch.update(row)
                return 1_500
            }
            let staff = rig.caller("operator", to: "orders")
            let pages = try await pages(of: "orders.GetSaga", next: \.next) {
                try await staff.call(
                    OrdersAPI.getSaga, GetSagaRequest(checkoutId: id, after: $0))
            }
            #expect(pages.count > 2 && pages.allSatisfy { $0.state == .parked })
            #expect(pages.reduce(0) { $0 + $1.history.count } == steps)
            let retried = try await staff.call(
                OrdersAPI.retrySaga, RetrySagaRequest(checkoutId: id))
            try checkPage(retried, of: "orders.RetrySaga")
            #expect(retried.next == pages[0].next)
        }
    }

    @Test func manyOrdersAreListedInPages() throws {
        try SuiteRig.run { rig in
            let (event, at) = (rig.test.world.newID(), rig.test.clock.now())
            let owner = String(repeating: "o", count: Bounds.ownerBytes)
            let ids = (0..<1_200).map { _ in rig.test.world.newID() }.sorted()
            try await rig.ordersDatabase.write { batch in
                for id in ids {
                    var checkout = PurchaseRules.checkout(
                        PurchaseRequest(
                            purchaseId: id, owner: owner, contact: Contact(email: "a@b"),
                            eventId: event, items: []), epoch: 1, now: at)
                    checkout.paidAt = at
                    let total = Money(Int64.max, SuiteRig.euro)
                    try batch.insert(
                        OrderRow(
                            checkout, Totals(subtotal: total, fees: total, tax: total, total: total)
                        ))
                }
            }
            let orders = rig.caller("gateway", to: "orders")
            let pages = try await pages(of: "orders.ListOrders", next: \.next) {
                try await orders.call(
                    OrdersAPI.listOrders, ListOrdersRequest(owner: owner, after: $0))
            }
            #expect(pages.flatMap(\.orders).map(\.orderId) == ids)
            let refusal = try await rig.refusal {
                _ = try await orders.call(
                    OrdersAPI.listOrders, ListOrdersRequest(owner: "ann", after: pages[0].next))
            }
            #expect(refusal == "INVALID_ARGUMENT")
        }
    }

    @Test func aFeedOfTheLargestFacts() throws {
        try SuiteRig.run { rig in
            try await rig.ordersDatabase.write { batch in
                for _ in 0..<20 {
                    batch.emit(
                        String(repeating: "k", count: 64), subject: UUID(),
                        [UInt8](repeating: 1, count: 65_536))
                }
            }
            let staff = rig.caller("operator", to: "orders")
            var after: Int64 = 0
            while after < 20 {
                let page = try await staff.call(
                    OrdersAPI.readEvents, FeedRequest(feedId: nil, afterSeq: after, limit: 8_000))
                try checkPage(page, of: "orders.ReadEvents")
                after = try #require(page.events.last).seq
            }
        }
    }
}
