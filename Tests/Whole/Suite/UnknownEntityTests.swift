import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support
import Testing
import Wire

/// Whoever names what is not there is told which kind of thing has which id not, by every method.
@Suite struct UnknownEntityTests {
    private static let methods = InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods

    /// Methods that take an id that need not be of anything, and why.
    private static let exempt: Set = [
        // The id is that of what they make, or must never be made.
        "inventory.CreateEvent", "inventory.ReleaseHold", "payments.CreatePayment",
        "payments.VoidPayment",
        // They look for what belongs to it, and there is none.
        "orders.ListOrders", "orders.VerifyInvariants", "payments.VerifyInvariants",
        "payments.ListObligations", "payments.ListUnsettled",
        // The id is that of a history.
        "inventory.ReadEvents", "orders.ReadEvents", "payments.ReadEvents",
        "orders.FollowFeed", "payments.FollowFeed",
        "inventory.CompareHistory", "payments.CompareHistory",
        // The id is a provider's, and the method brings it.
        "payments.IngestWebhook",
    ]

    /// The identity that asks, the kind that is unknown, under which field, and the rest of the
    /// request.
    private static let asked: [String: (String, EntityKind, String, [(String, Value)])] = [
        "inventory.PublishEvent": ("operator", .event, "eventId", [("expectedVersion", 1)]),
        "inventory.GetEvent": ("gateway", .event, "eventId", []),
        "inventory.PutTicketType": (
            "operator", .event, "eventId",
            [
                ("ticketTypeId", .id(UUID())), ("name", "Stalls"),
                ("price", ["amount": 100, "currency": "EUR"]),
            ]
        ),
        "inventory.Reserve": (
            "gateway", .event, "eventId",
            [("holdId", .id(UUID())), ("owner", "ann"), ("lines", items)]
        ),
        "inventory.GetHold": ("gateway", .hold, "holdId", []),
        "inventory.ResizeHold": (
            "gateway", .hold, "holdId", [("revision", 2), ("lines", items)]
        ),
        "inventory.ExtendHold": ("gateway", .hold, "holdId", [("atLeastMs", 1_000)]),
        "inventory.BeginCommit": ("orders", .hold, "holdId", fence + [("allowReclaim", true)]),
        "inventory.ReopenHold": ("orders", .hold, "holdId", fence),
        "inventory.ConsumeHold": ("orders", .hold, "holdId", [("orderId", .id(UUID()))]),
        "inventory.GetAvailability": ("gateway", .event, "eventId", []),
        "inventory.WatchAvailability": ("gateway", .event, "eventId", [("since", 0)]),
        "inventory.ListAudit": ("operator", .pool, "poolId", []),
        "inventory.VerifyInvariants": ("operator", .event, "eventId", []),
        "orders.Purchase": (
            "gateway", .event, "eventId",
            buyer + [
                ("purchaseId", .id(UUID())), ("provider", "sim"), ("paymentMethod", "sim_ok"),
            ]
        ),
        "orders.CreateCheckout": (
            "gateway", .event, "eventId", buyer + [("checkoutId", .id(UUID()))]
        ),
        "orders.StartPayment": (
            "gateway", .checkout, "checkoutId", [("attemptId", .id(UUID())), ("provider", "sim")]
        ),
        "orders.CancelCheckout": ("gateway", .checkout, "checkoutId", [("reason", "no time")]),
        "orders.GetCheckout": ("gateway", .checkout, "checkoutId", []),
        "orders.WatchCheckout": ("gateway", .checkout, "checkoutId", [("sinceVersion", 0)]),
        "orders.GetOrder": ("gateway", .order, "orderId", []),
        "orders.ListTickets": ("gateway", .order, "orderId", []),
        "orders.GetSaga": ("operator", .checkout, "checkoutId", []),
        "orders.RetrySaga": ("operator", .checkout, "checkoutId", []),
        "orders.ResolveSaga": (
            "operator", .checkout, "checkoutId", [("decision", "RETRY"), ("reason", "seen")]
        ),
        "payments.GetPayment": ("operator", .payment, "paymentId", []),
        "payments.RefreshPayment": ("operator", .payment, "paymentId", []),
        "payments.CapturePayment": (
            "orders", .payment, "paymentId", [("amount", ["amount": 100, "currency": "EUR"])]
        ),
        "payments.RefundPayment": (
            "orders", .payment, "paymentId",
            [
                ("refundId", .id(UUID())), ("amount", ["amount": 100, "currency": "EUR"]),
                ("kind", "BUYER"), ("reason", "asked"),
            ]
        ),
        "payments.RetryRefund": ("operator", .refund, "refundId", [("reason", "asked")]),
        "payments.GetRefund": ("operator", .refund, "refundId", []),
    ]

    private static let items: Value = [["ticketTypeId": .id(UUID()), "quantity": 1]]
    private static let fence: [(String, Value)] = [("orderId", .id(UUID())), ("epoch", 1)]
    private static let buyer: [(String, Value)] = [
        ("owner", "ann"), ("contact", ["email": "ann@example.org"]), ("items", items),
    ]

    @Test func everyMethodSaysWhatIsNotThere() throws {
        let named = Self.methods.filter { method in
            method.request.contains { if case .id = $0.type { true } else { false } }
        }
        #expect(
            Set(named.map(\.name)).subtracting(Self.exempt) == Set(Self.asked.keys),
            "a method that takes an id stands in one of the two lists")
        try SuiteRig.run { rig in
            for (name, (identity, kind, field, rest)) in Self.asked.sorted(by: { $0.key < $1.key })
            {
                let id = rig.test.world.newID()
                let error = try await Self.error(
                    rig, name, identity, .map([(field, .id(id))] + rest))
                #expect(error?.code == .notFound, "\(name): \(error?.description ?? "answered")")
                #expect(error?.detail["kind"] == .text(kind.rawValue), "\(name)")
                #expect(error?.detail["id"] == .id(id), "\(name)")
                #expect(error?.message.contains(id.uuidString.lowercased()) == true, "\(name)")
            }
        }
    }

    /// What belongs to something else is as unknown as what is not there; a provider's event has
    /// no id of ours.
    @Test func otherIDsAreToldOfInTheSameWay() throws {
        try SuiteRig.onSale { rig, event in
            let other = try await rig.event()
            let error = try await Self.error(
                rig, "inventory.Reserve", "gateway",
                [
                    "holdId": .id(UUID()), "eventId": .id(event.id), "owner": "ann",
                    "lines": [["ticketTypeId": .id(other.type), "quantity": 1]],
                ])
            #expect(error?.detail == ["kind": "ticketType", "id": .id(other.type)])
            let webhook = try await Self.error(
                rig, "payments.ReplayWebhook", "operator", ["provider": "sim", "eventId": "evt_1"])
            #expect(webhook?.code == .notFound)
            #expect(webhook?.detail == ["kind": "webhook", "id": "evt_1"])
        }
    }

    private static func error(
        _ rig: SuiteRig, _ method: String, _ identity: String, _ body: Value
    ) async throws -> RPCError? {
        let service = String(method.prefix { $0 != "." })
        do {
            _ = try await rig.caller(identity, to: service).call(
                Method<EncodedBody, EncodedBody>(method, .query, callers: [], .anybody, ""),
                EncodedBody(bytes: CBOR.encode(body)), CallOptions(attempts: 1))
            return nil
        } catch let error as RPCError { return error }
    }
}
