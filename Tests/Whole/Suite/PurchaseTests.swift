import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Storage
import Stores
import Support
import Testing

@Suite struct PurchaseTests {
    /// 2 tickets at 50.00, 1.00 fee each, 19 % tax.
    private static let total: Int64 = 12_138

    @Test func aPurchaseEndsWithTickets() throws {
        try SuiteRig.onSale { rig, event in
            let reply = try await rig.purchase(rig.request(event, expected: Self.total))
            #expect(reply.state == .completed && reply.reservationStatus == .confirmed)
            #expect(reply.totals?.total == Money(Self.total, SuiteRig.euro))
            let order = try #require(reply.order)
            #expect(order.status == .completed && order.tickets.count == 2)
            #expect(Set(order.tickets.map(\.code)).count == 2)

            let stored = try await rig.caller("gateway", to: "orders").call(
                OrdersAPI.getOrder, GetOrderRequest(orderId: reply.checkoutId))
            #expect(stored.orderNumber == order.orderNumber && stored.tickets == order.tickets)
            #expect(stored.items == order.items && stored.total == order.total)
            let left = try await rig.availability(event)
            #expect(left.types.map(\.sold) == [2])
            #expect(left.event.held == 0)
            try await rig.expectSound()
        }
    }

    @Test func itCostsSixCommitsOfFewStatements() throws {
        try SuiteRig.onSale { rig, event in
            _ = try await rig.purchase(rig.request(event))
            // Between the looks that are taken each second.
            try await rig.pass(ms: 250)
            let stores = [rig.inventoryDatabase, rig.ordersDatabase, rig.paymentsDatabase]
            let databases = stores.compactMap(\.self)
            let before = databases.map(\.statistics)
            _ = try await rig.purchase(rig.request(event, owner: "bob"))
            let after = databases.map(\.statistics)
            let commits = zip(before, after).map { $1.commits - $0.commits }
            // Payments books the completed order in a commit of its own, which nobody waits for.
            #expect(
                commits[0] == 2 && commits[1] == 2 && (2...3).contains(commits[2]), "\(commits)")
            // BEGIN, COMMIT and the writer's row are among them, and the three by which a reader of
            // Orders' feed finds the order: a file has a thread for those. On PostgreSQL a batch
            // also says whose it was, and readers look at the writer's row. Orders keeps its counts
            // by one row in each of its two, Payments its sums by four, of which an event's first
            // sale finds the one of its revenue.
            let statements = zip(before, after).map { $1.statements - $0.statements }
            #expect(
                statements.reduce(0, +) <= 42 + 4 + (StoreFolder.isSQLite ? 0 : 9), "\(statements)")
        }
    }

    /// Each type has its price, its tax and its tickets, in whatever order they were asked for.
    @Test func anOrderOfTwoTypesIsOneOrder() throws {
        try SuiteRig.onSale { rig, event in
            let box = rig.test.world.newID()
            _ = try await rig.caller("operator", to: "inventory").call(
                InventoryAPI.putTicketType,
                PutTicketTypeRequest(
                    ticketTypeId: box, eventId: event.id, name: "Box",
                    price: Money(9_000, SuiteRig.euro), taxBasisPoints: 700))
            for quantities in [(box, 1, event.type, 2), (event.type, 1, box, 3)] {
                let asked = rig.request(event, owner: "\(quantities.0)")
                let request = PurchaseRequest(
                    purchaseId: asked.purchaseId, owner: asked.owner, contact: asked.contact,
                    eventId: event.id,
                    items: [
                        HoldLine(ticketTypeId: quantities.0, quantity: Int64(quantities.1)),
                        HoldLine(ticketTypeId: quantities.2, quantity: Int64(quantities.3)),
                    ], provider: "sim", paymentMethod: "sim_ok")
                let order = try #require(try await rig.purchase(request).order)
                for (type, quantity, price) in [
                    (event.type, quantities.0 == box ? 2 : 1, Int64(5_000)),
                    (box, quantities.0 == box ? 1 : 3, 9_000),
                ] {
                    #expect(order.tickets.count { $0.ticketTypeId == type } == quantity)
                    let item = try #require(order.items.first { $0.ticketTypeId == type })
                    #expect(item.quantity == quantity && item.unitPrice.amount == price)
                }
                // 19 % and 7 % of prices and fees.
                let (stalls, boxes): (Int64, Int64) = quantities.0 == box ? (2, 1) : (1, 3)
                let taxes = [5_100 * stalls * 19 / 100, 9_100 * boxes * 7 / 100]
                #expect(order.tax.amount == taxes[0] + taxes[1])
                #expect(
                    order.total.amount == 5_100 * stalls + 9_100 * boxes + taxes[0] + taxes[1])
            }
            #expect(try await rig.availability(event).types.map(\.sold).sorted() == [3, 4])
            try await rig.expectSound()
        }
    }

    @Test func whatIsFreeNeedsNoPayment() throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(price: 0)
            let reply = try await rig.purchase(rig.request(event, method: nil, expected: 0))
            #expect(reply.state == .completed && reply.order?.tickets.count == 2)
            #expect(reply.order?.paymentId == nil)
            #expect(rig.payments.count("payments.CreatePayment") == 0)
            try await rig.expectSound()
        }
    }

    @Test func aDeclinedCardLeavesNothingBehind() throws {
        try SuiteRig.onSale { rig, event in
            let request = rig.request(event, method: "sim_declined")
            #expect(try await rig.refusal(request) == "DECLINED")
            let checkout = try await rig.checkout(request.purchaseId)
            #expect(checkout.state == .cancelled && checkout.problem?.reason == "DECLINED")
            #expect(checkout.order == nil)
            // A payment that has failed for good leaves nothing to void.
            #expect(rig.payments.count("payments.VoidPayment") == 0)
            #expect(try await rig.availability(event).types.map(\.available) == [10])
            try await rig.expectSound()
        }
    }

    @Test func anotherPriceEndsThePurchaseBeforeMoneyMoves() throws {
        try SuiteRig.onSale { rig, event in
            let request = rig.request(event, expected: Self.total - 1)
            #expect(try await rig.refusal(request) == "PRICE_CHANGED")
            #expect(try await rig.checkout(request.purchaseId).state == .cancelled)
            #expect(rig.payments.count("payments.CreatePayment") == 0)
            #expect(try await rig.availability(event).types.map(\.available) == [10])
            try await rig.expectSound()
        }
    }

    @Test func aMissingProviderIsToldBeforeMoneyMoves() throws {
        try SuiteRig.onSale { rig, event in
            #expect(
                try await rig.refusal(rig.request(event, method: nil)) == "INVALID_ARGUMENT")
            #expect(try await rig.availability(event).types.map(\.available) == [10])
            try await rig.expectSound()
        }
    }

    @Test func aRefusalIsTheSameHoweverOftenItIsAskedFor() throws {
        try SuiteRig.run { rig in
            let event = try await rig.event(capacity: 1)
            let request = rig.request(event)
            #expect(try await rig.refusal(request) == "INSUFFICIENT_INVENTORY")
            #expect(try await rig.refusal(request) == "INSUFFICIENT_INVENTORY")
            #expect(try await rig.checkout(request.purchaseId).state == .rejected)
            #expect(rig.inventory.count("inventory.Reserve") == 1)
            try await rig.expectSound()
        }
    }

    @Test func aReplayAnswersTheOrderAndAnotherPayloadIsRefused() throws {
        try SuiteRig.onSale { rig, event in
            let request = rig.request(event)
            let first = try await rig.purchase(request)
            let second = try await rig.purchase(request)
            #expect(second.order?.tickets == first.order?.tickets)
            #expect(second.version == first.version)
            let other = rig.request(event, id: request.purchaseId, quantity: 3)
            #expect(try await rig.refusal(other) == "IDEMPOTENCY_CONFLICT")
            #expect(try await rig.availability(event).types.map(\.sold) == [2])
        }
    }

    @Test func manyAtOnceWithOneIdAreOnePurchase() throws {
        for seed in StoreFolder.some(of: UInt64(1)...20) {
            try SuiteRig.onSale(seed: seed) { rig, event in
                let request = rig.request(event)
                let replies = try await withThrowingTaskGroup(of: CheckoutReply.self) { group in
                    for _ in 0..<12 { group.addTask { try await rig.purchase(request) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(replies.allSatisfy { $0.state == .completed })
                #expect(Set(replies.map { $0.order?.orderNumber }).count == 1)
                #expect(rig.inventory.count("inventory.Reserve") == 1)
                #expect(rig.payments.count("payments.CreatePayment") == 1)
                #expect(try await rig.availability(event).types.map(\.sold) == [2])
            }
        }
    }

    @Test func exactlyAllIsSold() throws {
        for seed in UInt64(1)...5 {
            try SuiteRig.run(seed: seed) { rig in
                let event = try await rig.event(capacity: 20)
                let ended = try await withThrowingTaskGroup(of: String.self) { group in
                    for buyer in 0..<30 {
                        let request = rig.request(
                            event, method: buyer % 5 == 0 ? "sim_declined" : "sim_ok",
                            owner: "buyer\(buyer)")
                        group.addTask {
                            try await rig.refusal(request) ?? "COMPLETED"
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let sold = ended.filter { $0 == "COMPLETED" }.count
                #expect(sold <= 10)
                let left = try await rig.availability(event)
                #expect(left.types.map(\.sold) == [Int64(sold * 2)])
                #expect(left.event.held == 0)
                try await rig.expectSound()
            }
        }
    }

    @Test func ordersAreListedByOwnerAndEventInPages() throws {
        try SuiteRig.run { rig in
            let (event, other) = (try await rig.event(), try await rig.event())
            var ids: [UUID] = []
            for owner in ["ann", "bob", "ann"] {
                // Ids of later milliseconds are greater.
                try await rig.pass(ms: 1)
                ids.append(
                    try await rig.purchase(rig.request(event, quantity: 1, owner: owner))
                        .checkoutId)
            }
            try await rig.pass(ms: 1)
            ids.append(try await rig.purchase(rig.request(other, quantity: 1)).checkoutId)
            #expect(ids == ids.sorted())
            let orders = rig.caller("gateway", to: "orders")
            func list(_ request: ListOrdersRequest) async throws -> ([UUID], String?) {
                let reply = try await orders.call(OrdersAPI.listOrders, request)
                return (reply.orders.map(\.orderId), reply.next)
            }
            #expect(
                try await list(ListOrdersRequest(owner: "ann")) == (
                    [ids[0], ids[2], ids[3]], nil
                ))
            #expect(
                try await list(ListOrdersRequest(eventId: event.id)) == (Array(ids[0...2]), nil))
            #expect(
                try await list(ListOrdersRequest(owner: "ann", eventId: other.id))
                    == ([ids[3]], nil))
            let (first, next) = try await list(ListOrdersRequest(limit: 3))
            #expect(first == Array(ids[0...2]))
            let place = try #require(next)
            #expect(
                try await list(ListOrdersRequest(after: place, limit: 3)) == ([ids[3]], nil))
        }
    }
}
