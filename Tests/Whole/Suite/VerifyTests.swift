import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Storage
import Support
import Testing

/// Every check finds the fault that it is there for.
@Suite struct VerifyTests {
    struct Plant: Sendable, CustomStringConvertible {
        enum Where: Sendable { case orders, inventory, payments }

        let invariant: String
        let place: Where
        let sql: SQL
        let description: String

        init(_ invariant: String, _ place: Where, _ description: String, _ sql: SQL) {
            self.invariant = invariant
            self.place = place
            self.sql = sql
            self.description = "\(invariant): \(description)"
        }
    }

    static let plants: [Plant] = [
        Plant("C-7", .orders, "a ticket is gone", "DELETE FROM ticket WHERE number = 0"),
        Plant("C-7", .orders, "an item is gone", "DELETE FROM order_item"),
        Plant(
            "C-7", .orders, "tickets that nobody sold",
            "UPDATE order_item SET quantity = quantity + 1"),
        Plant("C-7", .inventory, "sold, but nobody bought it", "UPDATE pool SET sold = sold + 1"),
        Plant("C-7", .inventory, "bought, but not sold", "UPDATE pool SET sold = 0"),
        Plant(
            "C-7", .inventory, "a hold that stays fenced",
            "UPDATE hold SET state = 'COMMITTING', committing_since = created_at"),
        Plant(
            "M-6", .orders, "another price",
            "UPDATE order_item SET unit_price_minor = unit_price_minor - 1"),
        Plant("M-7", .orders, "an order is gone", "DELETE FROM ticket_order"),
        Plant("M-7", .orders, "an order without a checkout", "DELETE FROM checkout"),
        Plant(
            "P-5", .orders, "a kept count that is wrong",
            "UPDATE checkout_tally SET in_completed = in_completed + 1"),
        Plant(
            "M-7", .orders, "an order of a checkout that was not paid",
            "UPDATE checkout SET state = 'CANCELLED'"),
        Plant(
            "M-7", .orders, "a status that the checkout does not have",
            "UPDATE ticket_order SET status = 'PAID'"),
        Plant(
            "M-7", .orders, "an owner that the checkout does not have",
            "UPDATE ticket_order SET owner = 'eve'"),
        Plant(
            "M-7", .orders, "an owner of another kind",
            "UPDATE ticket_order SET owner_kind = 'guest'"),
        Plant(
            "M-7", .orders, "lines that the order does not have",
            "UPDATE order_item SET name = 'Balcony'"),
        Plant(
            "C-7", .orders, "a ticket of a type that was not sold",
            "UPDATE ticket SET ticket_type_id = ticket_id WHERE number = 0"),
        Plant(
            "P-1", .orders, "a checkout that nobody looks at",
            "UPDATE checkout SET state = 'PAYING', step = 'poll', next_run_at = NULL"),
        Plant(
            "P-1", .orders, "one that ended and is still looked at",
            "UPDATE checkout SET next_run_at = 9000000000000000"),
        Plant(
            "P-1", .orders, "one that is parked without a reason",
            "UPDATE checkout SET state = 'PARKED'"),
        Plant("P-3", .orders, "a fact is gone", "DELETE FROM outbox WHERE seq = 2"),
        Plant(
            "P-3", .orders, "a checkout that ended twice",
            """
            INSERT INTO outbox (seq, at, kind, subject, body)
            SELECT seq + 10, at, kind, subject, body FROM outbox
            """),
        Plant(
            "M-5", .payments, "revenue without an order",
            """
            UPDATE ledger_balance SET credit_minor = credit_minor + 1
            WHERE account LIKE 'revenue:%'
            """),
        Plant(
            "M-5", .payments, "tax that was not paid",
            "UPDATE ledger_balance SET credit_minor = 0 WHERE account = 'tax_payable'"),
        Plant(
            "M-3", .payments, "a buyer's money that was kept",
            "UPDATE payment SET outcome = NULL, open_since = created_at"),
    ]

    @Test(arguments: plants) func aPlantedFaultIsFound(_ plant: Plant) throws {
        try SuiteRig.onSale { rig, event in
            _ = try await rig.purchase(rig.request(event))
            _ = try await rig.purchase(rig.request(event, owner: "bob"))
            try await rig.pass(ms: 120_000)
            #expect(try await Self.found(rig) == [])
            let database =
                switch plant.place {
                case .orders: Optional(rig.ordersDatabase)
                case .inventory: rig.inventoryDatabase
                case .payments: rig.paymentsDatabase
                }
            let sql = plant.sql
            try await database?.write { try $0.execute(sql) }
            #expect(try await Self.found(rig).contains(plant.invariant))
        }
    }

    @Test func aTicketThatIsNotWhatItWasIsNotGivenOut() throws {
        try SuiteRig.onSale { rig, event in
            let id = try await rig.purchase(rig.request(event)).checkoutId
            let gateway = rig.caller("gateway", to: "orders")
            let order = try await gateway.call(OrdersAPI.getOrder, GetOrderRequest(orderId: id))
            #expect(order.tickets.count == 2)
            try await rig.ordersDatabase.write {
                try $0.execute("UPDATE ticket SET secret = ticket_id WHERE number = 1")
            }
            await #expect(throws: RPCError.self) {
                try await gateway.call(OrdersAPI.getOrder, GetOrderRequest(orderId: id))
            }
        }
    }

    /// A refusal would say that nothing had happened.
    @Test func aRowThatCannotBeReadIsNoFaultOfTheCaller() throws {
        try SuiteRig.run { rig in
            let request = rig.request(try await rig.event())
            _ = try await rig.purchase(request)
            try await rig.ordersDatabase.write {
                try $0.execute("UPDATE checkout SET lines = substr(lines, 1, 30)")
            }
            let error = await #expect(throws: RPCError.self) { try await rig.purchase(request) }
            #expect(error?.reason == .internal && error?.isRefusal == false)
            #expect(try await Self.found(rig).contains("M-7"))
        }
    }

    @Test func aCheckoutThatSaysOtherThanItsOrderIsNotToldOf() throws {
        try SuiteRig.run { rig in
            let request = rig.request(try await rig.event())
            _ = try await rig.purchase(request)
            _ = try await rig.checkout(request.purchaseId)
            try await rig.ordersDatabase.write {
                try $0.execute("UPDATE ticket_order SET tax_minor = tax_minor + 1")
            }
            await #expect(throws: RPCError.self) { try await rig.checkout(request.purchaseId) }
            let error = await #expect(throws: RPCError.self) { try await rig.purchase(request) }
            #expect(error?.isRefusal == false)
        }
    }

    private static func found(_ rig: SuiteRig) async throws -> [String] {
        let reply = try await rig.caller("operator", to: "orders").call(
            OrdersAPI.verifyInvariants, VerifyRequest())
        return reply.violations.map(\.invariant)
    }

    @Test func whatRunsIsPendingAndNoViolation() throws {
        try SuiteRig.onSale { rig, event in
            for token in ["sim_ok", "sim_late", "sim_lost_reply", "sim_action"] {
                let request = rig.request(event, quantity: 1, method: token, owner: token)
                rig.test.scheduler.spawn { try await rig.purchase(request) }
            }
            var sawPending = false
            for _ in 0..<200 {
                try await rig.pass(ms: 137)
                let reply = try await rig.caller("operator", to: "orders").call(
                    OrdersAPI.verifyInvariants, VerifyRequest())
                #expect(reply.violations == [])
                if reply.pending > 0 { sawPending = true }
            }
            #expect(sawPending)
            try await rig.expectSound()
        }
    }

    @Test func oneEventIsCheckedByItself() throws {
        try SuiteRig.run { rig in
            let (event, other) = (try await rig.event(), try await rig.event())
            _ = try await rig.purchase(rig.request(event))
            _ = try await rig.purchase(rig.request(other, owner: "bob"))
            try await rig.pass(ms: 60_000)
            try await rig.ordersDatabase.write { batch in
                try batch.execute(
                    """
                    UPDATE order_item SET unit_price_minor = 1 WHERE order_id IN
                        (SELECT order_id FROM ticket_order WHERE event_id = \(other.id))
                    """)
            }
            for (id, isSound) in [(event.id, true), (other.id, false)] {
                let reply = try await rig.caller("operator", to: "orders").call(
                    OrdersAPI.verifyInvariants, VerifyRequest(eventId: id))
                #expect(reply.violations.isEmpty == isSound)
                #expect(reply.checked == 1)
            }
        }
    }
}
