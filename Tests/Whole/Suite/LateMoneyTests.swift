import Contracts
import FoundationEssentials
@testable import Orders
import Payments
import RPC
import Stage
import Support
import Testing

/// Money that comes when the payment has been given up, and nobody in Orders knows it yet.
@Suite struct LateMoneyTests {
    private static func sim(lateMs: Int64) -> SimConfiguration {
        SimConfiguration(slowMs: 100, lateMs: lateMs, replyLimitMs: 500)
    }

    /// Loses the answers of Payments that a payment is given up, until it has found the money.
    private static func loseVoids(_ rig: SuiteRig) {
        rig.payments.plan { method, count in
            method == "payments.VoidPayment" && count <= 6 ? .replyLost : nil
        }
    }

    private func expectNothingKept(_ rig: SuiteRig, _ event: TestEvent) async throws {
        #expect(rig.payments.count("payments.VoidPayment") > 6)
        let stock = try await rig.availability(event)
        #expect(stock.types.map(\.sold) == [0] && stock.event.held == 0)
        try await rig.pass(ms: 600_000)
        let kept = try await rig.caller("operator", to: "payments").call(
            PaymentsAPI.ledgerBalance, LedgerBalanceRequest(prefix: "refund_due"))
        #expect(kept.accounts.allSatisfy { $0.debit == $0.credit })
        try await rig.expectSound()
    }

    @Test func calledOffItStaysCalledOff() throws {
        try SuiteRig.onSale(sim: Self.sim(lateMs: 2_000)) { rig, event in
            let checkout = try await rig.reserve(event)
            _ = try await rig.pay(checkout, "sim_late", .sale, waitMs: 0)
            Self.loseVoids(rig)
            _ = try await rig.cancel(checkout, waitMs: 0)
            #expect(try await rig.end(checkout.checkoutId).state == .cancelled)
            try await expectNothingKept(rig, event)
        }
    }

    /// Its stock is not taken again for money that is on its way back.
    @Test func expiredItStaysExpired() throws {
        // A payment makes the hold last for so long; the money comes a moment later.
        let lateMs = Extend.payingTimeMs + 2_000
        try SuiteRig.onSale(sim: Self.sim(lateMs: lateMs)) { rig, event in
            let checkout = try await rig.reserve(event, holdTtlMs: 61_000)
            Self.loseVoids(rig)
            _ = try await rig.pay(checkout, "sim_late", .sale, waitMs: 0)
            #expect(try await rig.end(checkout.checkoutId).state == .expired)
            try await expectNothingKept(rig, event)
        }
    }
}
