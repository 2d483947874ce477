import Contracts
import FoundationEssentials
import Lifecycle
import Processes
import RPC

/// Asks the three services to verify themselves and each other.
struct Verification: Sendable {
    let suite: ServiceSuite
    let world: World

    /// Longer than the last refund of the sale may take, late money included.
    private static let settleMs: UInt64 = 150_000

    struct Result: Sendable {
        var checked: Int64 = 0
        var violations: [String] = []
    }

    /// Waits until nothing is on its way any more, then has each service look.
    func run() async throws -> Result {
        var result = Result()
        for service in ServiceName.allCases {
            let client = suite.client(of: service, as: "operator")
            defer { client.close() }
            let reply = try await settled(client, service)
            result.checked += reply.checked
            result.violations += reply.violations.map {
                "\(service) \($0.invariant), \($0.subject): \($0.actual), not \($0.expected)"
            }
            if reply.pending > 0 {
                result.violations.append("\(service): \(reply.pending) things never settled")
            }
        }
        return result
    }

    /// Until what was charged after a checkout had expired, or had been called off, is back with
    /// its buyer. Orders and Payments know nothing of such a charge before the provider speaks of
    /// it, so it is asked.
    func lateMoneyReturned(_ attempts: [Attempt]) async throws {
        let client = suite.client(of: .payments, as: "operator")
        defer { client.close() }
        let start = world.scheduler.uptimeNanoseconds
        var late = attempts.filter { $0.isLate && $0.outcome != .completed }.flatMap(\.payments)
        while world.scheduler.uptimeNanoseconds - start < Self.settleMs * 1_000_000 {
            var left: [UUID] = []
            for payment in late where try await !isBack(payment, client) { left.append(payment) }
            guard !left.isEmpty else { return }
            late = left
            try await world.scheduler.sleep(ms: 200)
        }
    }

    private func isBack(_ payment: UUID, _ payments: Client) async throws -> Bool {
        let seen = try await payments.call(
            PaymentsAPI.getPayment, GetPaymentRequest(paymentId: payment, refresh: true))
        // Without an amount it was given up before the provider heard of it.
        guard seen.amount != nil else { return true }
        return seen.captured != nil && seen.captured == seen.refunded
    }

    private func settled(_ client: Client, _ service: ServiceName) async throws -> VerifyReply {
        let method =
            switch service {
            case .inventory: InventoryAPI.verifyInvariants
            case .orders: OrdersAPI.verifyInvariants
            case .payments: PaymentsAPI.verifyInvariants
            }
        let start = world.scheduler.uptimeNanoseconds
        while true {
            let reply = try await client.call(method, VerifyRequest())
            let isLate = world.scheduler.uptimeNanoseconds - start > Self.settleMs * 1_000_000
            if isLate || reply.pending == 0 { return reply }
            try await world.scheduler.sleep(ms: 200)
        }
    }
}
