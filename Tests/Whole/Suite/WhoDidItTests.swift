import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support
import Testing

/// Audit and history name the identity that was proven, and behind it whom it spoke for: no
/// gateway can write what looks like the operator's.
@Suite struct WhoDidItTests {
    @Test func noActorLooksLikeTheOperator() throws {
        try SuiteRig.onSale { rig, event in
            let actor = Actor(id: "operator", kind: "guest")
            let gateway = rig.caller("gateway", to: "inventory")
            let hold = rig.test.world.newID()
            let options = CallOptions(actor: actor)
            _ = try await gateway.call(
                InventoryAPI.reserve,
                ReserveRequest(
                    holdId: hold, eventId: event.id, owner: "operator",
                    lines: [HoldLine(ticketTypeId: event.type, quantity: 1)]), options)
            _ = try await gateway.call(
                InventoryAPI.releaseHold, ReleaseHoldRequest(holdId: hold, reason: .buyer), options)
            _ = try await rig.purchase(rig.request(event, owner: "operator"), as: actor)
            let entries = try await Self.audit(rig, event.type)
            #expect(
                entries.map { "\($0.action.word) \($0.actor)" } == [
                    "INCREASE operator", "RESERVE gateway/guest:operator",
                    "RELEASE gateway/guest:operator", "RESERVE orders/guest:operator",
                    "SALE orders",
                ])
        }
    }

    @Test func whatChangesNoNumberIsInTheAuditToo() throws {
        try SuiteRig.onSale { rig, event in
            func put(_ price: Int64, _ version: Int64) async throws {
                _ = try await rig.caller("operator", to: "inventory").call(
                    InventoryAPI.putTicketType,
                    PutTicketTypeRequest(
                        ticketTypeId: event.type, eventId: event.id, expectedVersion: version,
                        name: "Stalls", price: Money(price, SuiteRig.euro)))
            }
            try await put(6_000, 1)
            try await put(6_000, 1)
            let ofEvent = try await Self.audit(rig, event.id)
            #expect(ofEvent.map(\.action) == [.increase, .publish])
            #expect(ofEvent.map(\.actor) == ["operator", "operator"])
            let ofType = try await Self.audit(rig, event.type)
            #expect(ofType.map(\.action) == [.increase, .change])
            #expect(ofType.last?.quantity == 0 && ofType.last?.actor == "operator")
            try await rig.expectSound()
        }
    }

    @Test func theHistoryNamesWhoDecided() throws {
        try SuiteRig.onSale { rig, event in
            let buyer = Actor(id: "4711", kind: "guest")
            let left = try await rig.reserve(event, owner: "4711", as: buyer)
            _ = try await rig.caller("gateway", to: "orders").call(
                OrdersAPI.cancelCheckout,
                CancelCheckoutRequest(checkoutId: left.checkoutId, reason: "too far"),
                CallOptions(actor: buyer))
            #expect(try await Self.deciders(rig, left.checkoutId) == ["gateway/guest:4711"])

            rig.inventory.refuse("inventory.ConsumeHold", [RPCError(.holdReleased, "gone")])
            let parked = try await rig.purchase(rig.request(event)).checkoutId
            _ = try await rig.caller("operator", to: "orders").call(
                OrdersAPI.retrySaga, RetrySagaRequest(checkoutId: parked))
            #expect(try await rig.end(parked).state == .completed)
            #expect(try await Self.deciders(rig, parked) == ["operator"])
        }
    }

    private static func audit(_ rig: SuiteRig, _ pool: UUID) async throws -> [AuditEntry] {
        try await rig.caller("operator", to: "inventory").call(
            InventoryAPI.listAudit, ListAuditRequest(poolId: pool)
        ).entries
    }

    private static func deciders(_ rig: SuiteRig, _ id: UUID) async throws -> [String] {
        try await rig.caller("operator", to: "orders").call(
            OrdersAPI.getSaga, GetSagaRequest(checkoutId: id)
        ).history.compactMap(\.by)
    }
}
