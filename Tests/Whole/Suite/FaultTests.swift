import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Support
import Testing
import Wire

/// Every call of a purchase, or its answer, is lost; it ends all the same, and nobody is charged
/// twice or for nothing.
@Suite struct FaultTests {
    struct Place: Sendable, CustomStringConvertible {
        let method: String
        let fault: Fault
        let token: String

        var description: String { "\(fault) at \(method) with \(token)" }
    }

    static let places: [Place] = {
        let paths = [
            ("sim_ok", ["inventory.Reserve", "payments.CreatePayment", "inventory.ConsumeHold"]),
            ("sim_declined", ["payments.CreatePayment", "inventory.ReleaseHold"]),
            ("sim_lost_reply", ["payments.CreatePayment"]),
            (
                "sim_late",
                [
                    "payments.CreatePayment", "inventory.ReopenHold", "payments.RefreshPayment",
                    "inventory.BeginCommit", "inventory.ConsumeHold",
                ]
            ),
        ]
        return paths.flatMap { token, methods in
            methods.flatMap { method in
                [Fault.requestLost, .replyLost].map {
                    Place(method: method, fault: $0, token: token)
                }
            }
        }
    }()

    @Test(arguments: places) func aPurchaseSurvives(_ place: Place) throws {
        try SuiteRig.onSale { rig, event in
            let plan: FaultyPeer.Plan = { method, count in
                method == place.method && count == 1 ? place.fault : nil
            }
            rig.inventory.plan(plan)
            rig.payments.plan(plan)
            let request = rig.request(event, method: place.token, waitMs: 5_000)
            _ = try? await rig.purchase(request)
            let end = try await rig.end(request.purchaseId)
            let isDeclined = place.token == "sim_declined"
            #expect(end.state == (isDeclined ? .cancelled : .completed))
            let stock = try await rig.availability(event)
            #expect(stock.types.map(\.sold) == [isDeclined ? 0 : 2])
            #expect(stock.event.held == 0)
            #expect(rig.inventory.faults + rig.payments.faults > 0)
            // The buyer, who may have got no answer, asks again.
            if isDeclined {
                #expect(try await rig.refusal(request) == "DECLINED")
            } else {
                #expect(try await rig.purchase(request).order?.tickets.count == 2)
            }
            try await rig.expectSound()
        }
    }

    @Test func everythingIsLostTwiceAndAPurchaseStillEnds() throws {
        for seed in UInt64(1)...10 {
            try SuiteRig.onSale(seed: seed) { rig, event in
                let plan: FaultyPeer.Plan = { _, count in
                    count == 1 ? .requestLost : count == 2 ? .replyLost : nil
                }
                rig.inventory.plan(plan)
                rig.payments.plan(plan)
                let reply = try await rig.purchase(rig.request(event))
                #expect(reply.state == .completed)
                rig.inventory.plan { _, _ in nil }
                rig.payments.plan { _, _ in nil }
                try await rig.expectSound()
            }
        }
    }

    @Test func inventoryAwayForAMinuteEndsAPurchaseWithNothingHeld() throws {
        try SuiteRig.onSale { rig, event in
            rig.inventory.plan { method, _ in
                method == "inventory.Reserve" ? .replyLost : nil
            }
            let request = rig.request(event, waitMs: 0)
            _ = try await rig.purchase(request)
            let end = try await rig.end(request.purchaseId)
            #expect(end.state == .cancelled && end.problem?.reason == "NOT_RESERVED_IN_TIME")
            #expect(try await rig.availability(event).types.map(\.available) == [10])
            try await rig.expectSound()
        }
    }

    @Test func aSlowConsumeShowsPaidFirst() throws {
        try SuiteRig.onSale { rig, event in
            rig.inventory.plan { method, count in
                method == "inventory.ConsumeHold" && count <= 4 ? .requestLost : nil
            }
            let request = rig.request(event, waitMs: 300)
            let paid = try await rig.purchase(request)
            #expect(paid.state == .paid && paid.order?.status == .paid)
            #expect(paid.order?.tickets == [])
            #expect(try await rig.end(request.purchaseId).state == .completed)
            let kinds = try await rig.caller("operator", to: "orders").call(
                OrdersAPI.readEvents, FeedRequest(feedId: nil, afterSeq: 0)
            ).events.map(\.kind)
            #expect(kinds == [OrdersFact.orderPaid, OrdersFact.orderCompleted])
            try await rig.expectSound()
        }
    }
}
