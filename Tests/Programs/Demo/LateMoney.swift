import Contracts
import FoundationEssentials
import Lifecycle
import Processes
import RPC

/// Money that comes when nothing may be sold for it any more.
struct LateMoney: Sendable {
    let suite: ServiceSuite
    let world: World

    /// Until what was charged after a checkout had expired, or had been called off, is back with
    /// its buyer. Orders and Payments know nothing of such a charge before the provider speaks of
    /// it, so it is asked.
    func comesBack(of attempts: [Attempt]) async throws {
        let client = suite.client(of: .payments, as: "operator")
        defer { client.close() }
        let start = world.scheduler.uptimeNanoseconds
        var late = attempts.filter { $0.isLate && $0.outcome != .completed }.flatMap(\.payments)
        while world.scheduler.uptimeNanoseconds - start < Verification.settleMs * 1_000_000 {
            var left: [UUID] = []
            for payment in late where try await !isBack(payment, client) { left.append(payment) }
            guard !left.isEmpty else { return }
            late = left
            try await world.scheduler.sleep(ms: 200)
        }
    }

    private func isBack(_ payment: UUID, _ payments: Client) async throws -> Bool {
        let seen = try await payments.call(
            PaymentsAPI.refreshPayment, RefreshPaymentRequest(paymentId: payment))
        // Without an amount it was given up before the provider heard of it.
        guard seen.amount != nil else { return true }
        return seen.captured != nil && seen.captured == seen.refunded
    }
}
