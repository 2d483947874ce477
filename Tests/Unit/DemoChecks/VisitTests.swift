import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Support
import Testing

@testable import Demo

/// What a buyer remembers of the answers.
struct VisitTests {
    private let sale: SampleSale
    private var visit: Visit

    init() throws {
        sale = try SampleSale()
        visit = Visit(sale.attempt(.unknown), start: 1_000_000)
    }

    private func reply(
        _ state: CheckoutState, leftMs: Int64? = nil, payment: UUID? = nil, version: Int64 = 1
    ) -> CheckoutReply {
        CheckoutReply(
            checkoutId: visit.attempt.purchaseID, eventId: sale.offer.eventID, owner: "o",
            state: state, expiresInMs: leftMs, lines: [],
            payment: payment.map { CheckoutPayment(paymentId: $0, provider: "sim") },
            version: version)
    }

    @Test mutating func everyPaymentIsRemembered() {
        let (first, second) = (sale.world.newID(), sale.world.newID())
        for payment in [nil, first, first, second] {
            visit.note(reply(.paying, payment: payment, version: 7), at: 2_000_000)
        }
        visit.note(reply(.completed, payment: second, version: 8), at: 5_000_000)
        #expect(visit.attempt.payments == [first, second])
        #expect(visit.isOver && visit.version == 8)
        #expect(visit.attempt.milliseconds == 4)
        #expect(visit.attempt.reason == nil && !visit.attempt.isAfterTime)
    }

    @Test(arguments: [(UInt64(61_000_000), false), (63_000_000, true)])
    mutating func anEndAfterTheTimeIsNoticed(_ end: UInt64, _ isAfterTime: Bool) {
        visit.note(reply(.reserved, leftMs: 60), at: 2_000_000)
        #expect(!visit.isOver && visit.holdEnds == 62_000_000)
        visit.note(reply(.completed), at: end)
        #expect(visit.attempt.isAfterTime == isAfterTime)
    }

    @Test mutating func aRefusalEndsItAndAnUnknownDoesNot() {
        visit.end(RPCError(.unavailable, ""), at: 2_000_000)
        #expect(!visit.isOver)
        visit.end(RPCError.heard(.insufficientInventory), at: 2_000_000)
        #expect(visit.attempt.outcome == .refused)
        #expect(visit.attempt.reason == "INSUFFICIENT_INVENTORY")
    }
}
