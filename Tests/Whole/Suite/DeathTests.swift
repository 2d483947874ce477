import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Stores
import Support
import Testing

/// Whoever dies, and at whichever call of a purchase: its services come back, and all ends as if
/// nobody had. The places are those that the purchase came by when nobody died.
@Suite struct DeathTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let script: CrashScript
        let death: Death

        var testDescription: String { "\(script): \(death)" }
    }

    private static let services: Set = ["inventory", "orders", "payments"]
    private static let sim = SimConfiguration(
        slowMs: 100, lateMs: 300, actionMs: 1_000_000, replyLimitMs: 2_500)

    private static func all() throws -> [Case] {
        try CrashScript.allCases.flatMap { script in
            try live(script).flatMap { Death.all(at: $0, of: services) }.map {
                Case(script: script, death: $0)
            }
        }
    }

    @Test(
        "R6: a service dies at any call of a checkout, which ends as if nobody had",
        arguments: StoreFolder.some(of: try all()))
    func r6(_ place: Case) throws { try Self.live(place.script, dying: place.death) }

    /// Every call of every step and of what takes it back is among the places, and so is what
    /// Payments asks of its provider and reads of Orders' feed.
    @Test func noCallIsLeftOut() throws {
        let calls = Set(try Self.all().map { "\($0.death.call.callee).\($0.death.call.method)" })
        let steps = [
            "inventory": [
                "BeginCommit", "ConsumeHold", "ExtendHold", "GetHold", "ReleaseHold",
                "ReopenHold", "Reserve",
            ],
            "payments": [
                "CapturePayment", "CreatePayment", "RefreshPayment", "RefundPayment", "VoidPayment",
            ],
            "orders": [
                "CancelCheckout", "CreateCheckout", "Purchase", "ReadEvents", "StartPayment",
            ],
        ].flatMap { service, methods in methods.map { "\(service).\(service).\($0)" } }
        let provider = ["authorise", "capture", "fetch", "refund", "sale", "void"].map {
            "sim.\($0)"
        }
        #expect(calls == Set(steps + provider))
    }

    /// One checkout to its end; gives the calls that it was made of.
    @discardableResult
    private static func live(
        _ script: CrashScript, dying death: Death? = nil
    ) throws -> [Crossings.Call] {
        try SuiteRig.run(sim: sim, dying: death) { rig in
            let event = try await rig.event(capacity: 5 * script.quantity, types: 2)
            let gateway = CrossedPeer(
                peer: rig.caller("gateway", to: "orders"), caller: "gateway", callee: "orders",
                crossings: rig.crossings)
            let buyer = CrashBuyer(
                checkoutID: rig.test.world.newID(), eventID: event.id, types: event.types,
                orders: gateway, world: rig.test.world)
            try await script.run(buyer)
            let end = try await rig.end(buyer.checkoutID)
            let isSold = end.state == .completed
            // Who calls it off too late, because nobody was there to hear it, has bought.
            #expect(end.state == script.end || script == .refunded && death != nil && isSold)
            #expect(end.order?.ticketsTotal == (isSold ? script.quantity : nil))
            let stock = try await rig.availability(event)
            let sold = stock.types.reduce(0) { $0 + $1.sold }
            #expect(sold == (isSold ? script.quantity : 0) && stock.event.held == 0)
            // Until Payments has read how it ended.
            try await rig.pass(ms: 1_000)
            let calls = rig.crossings.calls
            try await rig.expectSound()
            #expect(rig.crossings.isReached == (death != nil))
            return calls
        }
    }
}
