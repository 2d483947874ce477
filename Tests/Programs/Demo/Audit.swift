import Contracts
import FoundationEssentials
import Lifecycle
import Processes
import RPC

/// Compares what the buyers know with what the services say afterwards. It uses nothing but the
/// buyers' own log and public methods, so that it does not share a mistake with VerifyInvariants.
struct Audit: Sendable {
    let offer: Offer
    let attempts: [Attempt]
    let suite: ServiceSuite
    let world: World

    private static let atOnce = 32

    func run() async throws -> Findings {
        let gateway = suite.client(of: .orders, as: "gateway")
        let orders = suite.client(of: .orders, as: "operator")
        let payments = suite.client(of: .payments, as: "operator")
        let inventory = suite.client(of: .inventory, as: "operator")
        defer { for client in [gateway, orders, payments, inventory] { client.close() } }
        var findings = Findings()
        findings.ledger = try await Ledger.read(payments, offer.eventID)
        let seen = try await eachAttempt(gateway, payments)
        findings.judge(attempts, seen, offer)
        findings.judge(try await orderIDs(orders), attempts)
        let stock = try await inventory.call(
            InventoryAPI.getAvailability, GetAvailabilityRequest(eventId: offer.eventID))
        findings.judge(stock, attempts, offer)
        return findings
    }

    /// What Orders and Payments say of each attempt, in the order of the log.
    private func eachAttempt(_ orders: Client, _ payments: Client) async throws -> [Sight] {
        let sights = try await withThrowingTaskGroup(of: (Int, Sight).self) { group in
            var sights = [Sight](repeating: Sight(), count: attempts.count)
            for (index, attempt) in attempts.enumerated() {
                if index >= Self.atOnce, let (index, sight) = try await group.next() {
                    sights[index] = sight
                }
                group.addTask { (index, try await look(at: attempt, orders, payments)) }
            }
            for try await (index, sight) in group { sights[index] = sight }
            return sights
        }
        return sights
    }

    private func look(
        at attempt: Attempt, _ orders: Client, _ payments: Client
    ) async throws -> Sight {
        var sight = Sight()
        do {
            sight.order = try await orders.call(
                OrdersAPI.getOrder, GetOrderRequest(orderId: attempt.purchaseID))
        } catch let error as RPCError where error.reason == .notFound {}
        let checkout = try await orders.call(
            OrdersAPI.getCheckout, GetCheckoutRequest(checkoutId: attempt.purchaseID))
        sight.outcome = Attempt.outcome(of: checkout)
        // Those that the buyer was told of, and the one that Orders knows.
        let named = [sight.order?.paymentId, checkout.payment?.paymentId].compactMap(\.self)
        for payment in Set(attempt.payments + named).sorted() {
            do {
                sight.payments.append(
                    try await payments.call(
                        PaymentsAPI.getPayment, GetPaymentRequest(paymentId: payment)))
            } catch let error as RPCError where error.reason == .paymentNotFound {}
        }
        return sight
    }

    private func orderIDs(_ orders: Client) async throws -> [UUID] {
        var ids: [UUID] = []
        var after: String?
        repeat {
            let page = try await orders.call(
                OrdersAPI.listOrders, ListOrdersRequest(eventId: offer.eventID, after: after))
            ids += page.orders.map(\.orderId)
            after = page.next
        } while after != nil
        return ids
    }
}

/// What the services say of one attempt.
struct Sight: Sendable {
    var order: OrderReply?
    /// What has become of its checkout.
    var outcome: Outcome?
    /// One for each attempt to pay that came so far.
    var payments: [PaymentReply] = []

    // In minor units:
    var captured: Int64 { payments.reduce(0) { $0 + ($1.captured?.amount ?? 0) } }
    var refunded: Int64 { payments.reduce(0) { $0 + ($1.refunded?.amount ?? 0) } }
    var fees: Int64 { payments.reduce(0) { $0 + ($1.fee?.amount ?? 0) } }
    /// What the buyer has paid and not got back.
    var kept: Int64 { captured - refunded }
}
